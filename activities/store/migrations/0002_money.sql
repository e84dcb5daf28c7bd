-- Effects and the money bound to them (design: the effect protocol).

create table budget (
    scope text not null,
    book text not null check (book in ('usd', 'simulated')),
    account_id text references account,
    cap_microusd bigint check (cap_microusd >= 0),
    reserved_microusd bigint not null default 0 check (reserved_microusd >= 0),
    settled_microusd bigint not null default 0 check (settled_microusd >= 0),
    -- What vendors charged beyond their reservations: recorded, never hidden.
    overrun_microusd bigint not null default 0 check (overrun_microusd >= 0),
    -- What was committed when the cap was lowered below it: the scope is frozen, history is not rewritten.
    frozen_microusd bigint not null default 0 check (frozen_microusd >= 0),
    created_at timestamptz not null default now(),
    primary key (scope, book),
    -- The second guard behind the conditional update.
    constraint committed_within_cap check (
        cap_microusd is null
        or reserved_microusd + settled_microusd
            <= greatest(cap_microusd, frozen_microusd) + overrun_microusd)
);

create table operation (
    operation_id text primary key,
    slot text not null,
    attempt integer not null check (attempt >= 1),
    kind text not null check (kind in ('paid', 'publish')),
    item_id text not null references item,
    account_id text not null references account,
    round integer not null,
    vendor text not null,
    model text not null default '',
    book text not null check (book in ('usd', 'simulated')),
    state text not null default 'reserved' check (state in (
        'reserved', 'sending', 'unknown', 'accepted', 'parked', 'settled', 'released')),
    epoch integer not null default 0,
    request_sha256 text,
    reserved_microusd bigint not null check (reserved_microusd >= 0),
    charged_microusd bigint check (charged_microusd >= 0),
    scopes text[] not null,
    handle text,
    reason text not null default '',
    send_before timestamptz,
    -- The first moment somebody held the operation's lock to find out what became of it.
    resolving_since timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (slot, attempt)
);
-- At most one attempt that is not proven to have had no effect.
create unique index operation_one_live_attempt on operation (slot) where state <> 'released';
-- At most one post per item and place, over all rounds.
create unique index operation_one_post on operation (item_id, vendor) where kind = 'publish' and state <> 'released';
create index operation_of_item on operation (item_id);
create index operation_open on operation (updated_at) where state not in ('settled', 'released');

create table entry (
    entry_id bigint generated always as identity primary key,
    operation_id text not null references operation,
    account_id text not null references account,
    item_id text not null references item,
    book text not null,
    movement text not null check (movement in ('reserve', 'settle', 'release')),
    amount_microusd bigint not null check (amount_microusd >= 0),
    note text not null default '',
    created_at timestamptz not null default now()
);
create unique index entry_one_reserve on entry (operation_id) where movement = 'reserve';
create unique index entry_one_end on entry (operation_id) where movement in ('settle', 'release');
create index entry_of_item on entry (item_id);
