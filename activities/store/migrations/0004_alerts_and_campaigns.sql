-- What a person should know of, once each; a relay delivers it.

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

grant select, insert on alert to reelwright_app;
grant update (delivered_at) on alert to reelwright_app;
