-- The whole schema as of 0.1.0. Append-only tables hold ids, hashes and figures; texts of people stand beside them.

-- Who makes videos, and what was made.

create table account (
    account_id text primary key check (account_id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    title text not null,
    voice text not null default '',
    time_zone text not null default 'UTC',
    platforms text[] not null default '{folder}',
    item_cap_microusd bigint not null default 2000000 check (item_cap_microusd >= 0),
    day_cap_microusd bigint not null default 20000000 check (day_cap_microusd >= 0),
    review_seconds double precision check (review_seconds > 0),
    created_at timestamptz not null default now()
);

create table campaign (
    campaign_id text primary key check (campaign_id ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    account_id text not null references account,
    title text not null,
    cap_microusd bigint not null check (cap_microusd >= 0),
    created_at timestamptz not null default now(),
    unique (campaign_id, account_id)
);

create table item (
    item_id text primary key check (item_id ~ '^[a-z0-9][a-z0-9-]{2,63}$'),
    account_id text not null references account,
    campaign_id text,
    -- The ended item that this one takes up again, and the first item of all that were taken up one after the other.
    forerunner_id text references item,
    line_id text not null references item,
    format text not null,
    plan jsonb not null,
    -- What the format told writers when the item was opened.
    instructions jsonb not null default '{}',
    state text not null default 'running' check (state in (
        'running', 'waiting', 'published', 'partly_published', 'rejected', 'expired',
        'refused_by_cap', 'stopped', 'failed', 'parked')),
    title text,
    -- What the account has told before, so that it is not told again.
    concept text not null default '',
    reason text not null default '',
    video_key text,
    created_at timestamptz not null default now(),
    ended_at timestamptz,
    -- An item belongs to a campaign of its own account, or to none.
    constraint item_of_campaign foreign key (campaign_id, account_id) references campaign (campaign_id, account_id)
);
create index item_newest on item (account_id, created_at desc);
create index item_in_campaign on item (campaign_id) where campaign_id is not null;
create unique index item_one_successor on item (forerunner_id) where forerunner_id is not null;
create index item_of_line on item (line_id);

create table scene (
    item_id text not null references item,
    account_id text not null references account,
    round integer not null,
    scene integer not null,
    video_prompt text not null,
    audio_prompt text not null,
    created_at timestamptz not null default now(),
    primary key (item_id, round, scene)
);

create table processing_log (
    log_id bigint generated always as identity primary key,
    account_id text not null references account,
    item_id text references item,
    event text not null,
    detail text not null default '',
    created_at timestamptz not null default now()
);
create index processing_log_of_item on processing_log (item_id, log_id);

-- What may change while things run: the day's cap, the stop switch, the budget's time zone, the brake on paid calls.
create table configuration (
    key text primary key,
    account_id text references account,
    value jsonb not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
insert into configuration (key, value) values
    ('day_cap_microusd', '20000000'),
    ('global_cap_microusd', 'null'),
    ('budget_time_zone', '"UTC"'),
    ('paid_calls', '{"stopped": false, "reason": ""}'),
    ('paid_calls_a_minute', '600');

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
    -- The highest threshold that was told of: the transaction that raises a budget holds its row, and asks nothing else.
    alerted_percent smallint not null default 0,
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
    -- What it is: `scene`, `idea`, `publish`.
    step text not null generated always as (split_part(slot, '/', 3)) stored,
    attempt integer not null check (attempt >= 1),
    kind text not null check (kind in ('paid', 'publish')),
    item_id text not null references item,
    line_id text not null references item,
    account_id text not null references account,
    round integer not null,
    -- The person for whom it is bought, or `system`.
    on_behalf_of text not null default 'system',
    vendor text not null,
    model text not null default '',
    book text not null check (book in ('usd', 'simulated')),
    state text not null default 'reserved' check (state in (
        'reserved', 'prepared', 'sending', 'unknown', 'accepted', 'parked', 'settled', 'released')),
    epoch integer not null default 0,
    request_sha256 text,
    reserved_microusd bigint not null check (reserved_microusd >= 0),
    charged_microusd bigint check (charged_microusd >= 0),
    scopes text[] not null,
    -- What the platform calls the prepared post, stored before the post can exist.
    prepared_handle text,
    -- The vendor's own name for what it accepted: a job, or the id of a post, and where the post can be seen.
    handle text,
    uri text,
    reason text not null default '',
    -- Refused for good: the same request is not sent to the same vendor again.
    refused boolean not null default false,
    send_before timestamptz,
    -- The first moment a process held the operation's lock to find out what became of it.
    resolving_since timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (slot, attempt),
    -- Nothing of a post is sent before its handle is stored; nothing but a post is prepared.
    constraint prepared_before_sent check (
        kind = 'publish' and (prepared_handle is not null or state not in ('prepared', 'sending', 'unknown'))
        or kind = 'paid' and state <> 'prepared' and prepared_handle is null)
);
-- At most one attempt that is not proven to have had no effect.
create unique index operation_one_live_attempt on operation (slot) where state <> 'released';
-- At most one post per place, over all rounds and over all items that were taken up one after the other.
create unique index operation_one_post on operation (line_id, vendor) where kind = 'publish' and state <> 'released';
create index operation_of_item on operation (item_id);
create index operation_open on operation (updated_at) where state not in ('settled', 'released');
-- A scene that an account has bought is found by its request.
create index operation_of_request on operation (account_id, request_sha256)
    where kind = 'paid' and state = 'settled';
-- How many calls that cost dollars were begun within a minute.
create index operation_sent on operation (send_before) where kind = 'paid' and book = 'usd' and send_before is not null;

create table take (
    item_id text not null references item,
    account_id text not null references account,
    round integer not null,
    scene integer not null,
    storage_key text not null,
    sha256 text not null,
    size_bytes bigint not null,
    duration_seconds double precision not null,
    width_px integer not null,
    height_px integer not null,
    has_sound boolean not null,
    cost_microusd bigint not null default 0,
    vendor text not null,
    model text not null default '',
    operation_id text,
    stand_in boolean not null default false,
    -- Why it was made where it was, and the earlier purchase it was kept from.
    why text not null default '',
    reused_from text references operation,
    created_at timestamptz not null default now(),
    primary key (item_id, round, scene)
);
create index take_of_operation on take (operation_id) where operation_id is not null;

create table entry (
    entry_id bigint generated always as identity primary key,
    operation_id text not null references operation,
    account_id text not null references account,
    item_id text not null references item,
    book text not null,
    -- The amount of a correction is the new charge.
    movement text not null check (movement in ('reserve', 'settle', 'release', 'correct')),
    amount_microusd bigint not null check (amount_microusd >= 0),
    -- The attempt before, where that one handed on what it had reserved; null where the budgets were asked.
    held_from text references operation,
    created_at timestamptz not null default now()
);
create unique index entry_one_reserve on entry (operation_id) where movement = 'reserve';
create unique index entry_one_end on entry (operation_id) where movement in ('settle', 'release');
create index entry_of_item on entry (item_id);

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

-- What vendors told us of their own accord, verified. A hint that leads to a job, never a movement of money.
create table callback (
    callback_id bigint generated always as identity primary key,
    vendor text not null,
    -- Not a reference: after a restored backup a vendor may speak of an operation that is not here yet.
    operation_id text not null,
    account_id text,
    job_id text not null,
    says text not null,
    created_at timestamptz not null default now(),
    unique (vendor, operation_id, job_id)
);
create index callback_of_job on callback (vendor, job_id);

-- A person's decision, and what went out.

create table review (
    review_id text primary key,
    -- In the order in which an item's reviews were put on show, whatever their gates.
    review_number bigint generated always as identity,
    item_id text not null references item,
    account_id text not null references account,
    round integer not null,
    gate text not null,
    revision integer not null,
    -- What is on show: an array of role, key and hash of each file, in order of role; and a text.
    artifacts jsonb not null,
    text text not null,
    content_sha256 text not null,
    -- What a card shows beside it, so that one can be made while no worker lives.
    title text not null,
    poster_key text,
    cost_microusd bigint not null check (cost_microusd >= 0),
    round_price_microusd bigint not null check (round_price_microusd >= 0),
    book text not null check (book in ('usd', 'simulated')),
    -- Where it may be posted, as it was when the review was opened.
    places text[] not null,
    state text not null default 'open' check (state in (
        'open', 'approved', 'rejected', 'revised', 'replaced', 'expired', 'stopped')),
    deadline timestamptz not null,
    -- How often a workflow was told of the decision without acting on it, and when it is told next.
    hints integer not null default 0,
    hint_again_at timestamptz,
    created_at timestamptz not null default now(),
    closed_at timestamptz,
    unique (item_id, round, gate, revision)
);
create unique index review_one_open on review (item_id) where state = 'open';
create index review_newest on review (item_id, review_number desc);

create table decision (
    decision_id bigint generated always as identity primary key,
    review_id text not null references review,
    item_id text not null references item,
    account_id text not null references account,
    kind text not null check (kind in ('approve', 'reject', 'revise', 'edit_caption', 'expire', 'stop', 'raise_cap')),
    door text not null,
    -- The door's own name for the word, so that the same one told again is known.
    word_id text,
    content_sha256 text not null,
    created_at timestamptz not null default now()
);
create unique index decision_one_ending on decision (review_id) where kind <> 'raise_cap';
create unique index decision_of_word on decision (word_id) where word_id is not null;
create index decision_of_item on decision (item_id);

-- Who decided, and in which words: it can be blanked, and the decision stands.
create table decision_text (
    decision_id bigint primary key references decision,
    account_id text not null references account,
    actor text not null,
    notes text not null default '',
    caption text,
    created_at timestamptz not null default now()
);

-- No post of an item is claimed while it has a hold. The transaction that adds one locks the item's row first.
create table hold (
    item_id text primary key references item,
    account_id text not null references account,
    reason text not null,
    created_at timestamptz not null default now()
);

create table post (
    operation_id text primary key references operation,
    item_id text not null references item,
    account_id text not null references account,
    place text not null,
    review_id text not null references review,
    content_sha256 text not null,
    -- The platform's own.
    post_id text not null,
    uri text not null,
    created_at timestamptz not null default now()
);
create index post_of_item on post (item_id);

-- Which rounds of which items are in a published video: its own, and the one it was taken over from. A round that could
-- not be made leaves the earlier one's file on show, so the first round with that file counts.
create view published_cut as
with recursive shown as (
    select item_id, round, forerunner_id,
           (select min(round) from review as same
            where same.item_id = review.item_id and same.gate = review.gate
              and jsonb_path_query_array(same.artifacts, '$[*].sha256')
                = jsonb_path_query_array(review.artifacts, '$[*].sha256')) as made_in
    from review join item using (item_id)
    where review.gate = 'video' and review.state = 'approved' and item.state in ('published', 'partly_published')
    union
    select item.item_id, coalesce(newest.round, 1), item.forerunner_id, coalesce(newest.made_in, 1)
    from shown join item on item.item_id = shown.forerunner_id
    left join lateral (
        select round,
               (select min(round) from review as same
                where same.item_id = review.item_id and same.gate = review.gate
                  and jsonb_path_query_array(same.artifacts, '$[*].sha256')
                    = jsonb_path_query_array(review.artifacts, '$[*].sha256')) as made_in
        from review where review.item_id = item.item_id and gate = 'video'
        order by review_number desc limit 1) as newest on true
    where shown.made_in = 1
)
select item_id, made_in as round from shown;

-- What people are told, once each: a worker delivers it, and repeats that until it has arrived.
create table outbox (
    -- Made of what it is about, so that the same message cannot be written twice: also the key of its delivery.
    message_id text primary key,
    kind text not null check (kind in (
        'budget', 'overrun', 'brake', 'books', 'price', 'vendor', 'parked', 'review', 'fault', 'ended')),
    -- The operators, or one person.
    recipient text not null default 'operators',
    account_id text references account,
    line text not null,
    created_at timestamptz not null default now(),
    -- Which worker delivers it, and until when it is that worker's alone.
    claimed_by text,
    claimed_until timestamptz,
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    delivered_at timestamptz,
    -- What the messenger's other side calls it.
    external_id text,
    -- Why the messenger will never take it; it is not tried again.
    refusal text
);
create index outbox_undelivered on outbox (created_at) where delivered_at is null;

-- Entries and decisions are append-only, for every role.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger entry_append_only before update or delete or truncate on entry
    for each statement execute function refuse_change();
create trigger decision_append_only before update or delete or truncate on decision
    for each statement execute function refuse_change();

-- What the application's role may do. An account or a campaign that nothing was made for may be removed; what refers
-- to it forbids it otherwise.
grant usage on schema public to reelwright_app;
grant select, insert, update on item, scene, take, processing_log, configuration, budget, operation, review,
    post, listed_price to reelwright_app;
grant select, insert, update, delete on account, campaign, hold to reelwright_app;
grant select, insert on entry, decision, decision_text, callback, outbox to reelwright_app;
grant update (actor, notes, caption) on decision_text to reelwright_app;
grant update (claimed_by, claimed_until, attempts, next_attempt_at, delivered_at, external_id, refusal) on outbox
    to reelwright_app;
grant select on schema_migration, published_cut to reelwright_app;
grant usage on all sequences in schema public to reelwright_app;
