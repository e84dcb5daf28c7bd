"""The seeded bugs: what such systems get wrong, each as one small change of our code (reliability.md 8.5)."""

from tests.mutants import of_the_ledger, of_the_rest, of_the_reviews, of_the_stories

MUTANTS = (*of_the_ledger.MUTANTS, *of_the_reviews.MUTANTS, *of_the_stories.MUTANTS, *of_the_rest.MUTANTS)
