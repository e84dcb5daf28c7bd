-- An account or a campaign that nothing was ever made for may be taken away again; what refers to it forbids it.

grant delete on account, campaign to reelwright_app;
