"""Known-bad changes of the product, each of which the tests must notice: the tests are tested too."""
