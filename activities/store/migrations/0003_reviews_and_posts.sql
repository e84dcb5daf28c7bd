-- A person's word, and what went out.

create table review (
    review_id text primary key,
    item_id text not null references item,
    account_id text not null references account,
    round integer not null,
    revision integer not null,
    video_key text not null,
    video_sha256 text not null,
    caption text not null,
    content_sha256 text not null,
    state text not null default 'open' check (state in (
        'open', 'approved', 'rejected', 'revised', 'replaced', 'expired', 'stopped')),
    deadline timestamptz not null,
    created_at timestamptz not null default now(),
    closed_at timestamptz,
    unique (item_id, round, revision)
);
create unique index review_one_open on review (item_id) where state = 'open';

create table decision (
    decision_id bigint generated always as identity primary key,
    review_id text not null references review,
    item_id text not null references item,
    account_id text not null references account,
    kind text not null check (kind in ('approve', 'reject', 'revise', 'edit_caption', 'expire', 'stop', 'raise_cap')),
    actor text not null,
    door text not null,
    notes text not null default '',
    caption text,
    content_sha256 text not null,
    created_at timestamptz not null default now()
);
create unique index decision_one_ending on decision (review_id) where kind <> 'raise_cap';
create index decision_of_item on decision (item_id);

create table post (
    operation_id text primary key references operation,
    item_id text not null references item,
    account_id text not null references account,
    platform text not null,
    review_id text not null references review,
    content_sha256 text not null,
    post_id text not null,
    uri text not null,
    created_at timestamptz not null default now()
);
create index post_of_item on post (item_id);

-- Entries and decisions are append-only, for everybody.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger entry_append_only before update or delete or truncate on entry
    for each statement execute function refuse_change();
create trigger decision_append_only before update or delete or truncate on decision
    for each statement execute function refuse_change();

grant usage on schema public to reelwright_app;
grant select, insert, update on account, item, scene, take, processing_log, configuration,
    budget, operation, review, post to reelwright_app;
grant select, insert, update, delete on background_clip to reelwright_app;
grant select, insert on entry, decision to reelwright_app;
grant select on schema_migration to reelwright_app;
grant usage on all sequences in schema public to reelwright_app;
