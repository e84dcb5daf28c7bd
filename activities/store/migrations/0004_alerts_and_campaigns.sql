-- What a person should know of, once each, which a relay delivers; and budgets that span accounts' days.

create table alert (
    -- Made of what it is about, so that the same alert cannot be raised twice: also the key of its delivery.
    alert_id text primary key,
    kind text not null check (kind in ('budget', 'overrun', 'brake', 'books', 'price')),
    account_id text references account,
    scope text,
    book text check (book in ('usd', 'simulated')),
    percent smallint,
    line text not null,
    created_at timestamptz not null default now(),
    delivered_at timestamptz,
    check ((kind = 'budget') = (scope is not null and book is not null and percent is not null))
);
create unique index alert_once on alert (scope, book, percent) where kind = 'budget';
create index alert_undelivered on alert (created_at) where delivered_at is null;

-- The highest threshold that was told of: whoever raises a budget holds its row, and asks nothing else.
alter table budget add column alerted_percent smallint not null default 0;

create table campaign (
    campaign_id text primary key check (campaign_id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    account_id text not null references account,
    title text not null,
    cap_microusd bigint not null check (cap_microusd >= 0),
    created_at timestamptz not null default now(),
    unique (campaign_id, account_id)
);
-- An item belongs to a campaign of its own account, or to none.
alter table item add column campaign_id text,
    add constraint item_of_campaign foreign key (campaign_id, account_id)
        references campaign (campaign_id, account_id);
create index item_in_campaign on item (campaign_id) where campaign_id is not null;

grant select, insert, update on campaign to reelwright_app;
grant select, insert on alert to reelwright_app;
grant update (delivered_at) on alert to reelwright_app;

-- What a vendor last said a unit of a model costs, in the vendor's own unit: a change is told, not taken over.
create table listed_price (
    vendor text not null,
    endpoint text not null,
    unit_price numeric not null,
    unit text not null,
    currency text not null,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    primary key (vendor, endpoint)
);
grant select, insert, update on listed_price to reelwright_app;
