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

create table item (
    item_id text primary key check (item_id ~ '^[a-z0-9][a-z0-9-]{2,63}$'),
    account_id text not null references account,
    format text not null,
    format_version integer not null,
    format_sha256 text not null,
    snapshot jsonb not null,
    state text not null default 'running' check (state in (
        'running', 'waiting', 'published', 'partly_published', 'rejected', 'expired',
        'refused_by_cap', 'stopped', 'failed', 'parked')),
    stage text not null default 'open',
    title text,
    reason text not null default '',
    video_key text,
    created_at timestamptz not null default now(),
    ended_at timestamptz
);
create index item_newest on item (account_id, created_at desc);

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
    created_at timestamptz not null default now(),
    primary key (item_id, round, scene)
);

create table background_clip (
    clip_id bigint generated always as identity primary key,
    account_id text not null references account,
    storage_key text not null,
    sha256 text not null,
    duration_seconds double precision not null,
    title text not null default '',
    created_at timestamptz not null default now(),
    unique (account_id, sha256)
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

-- What may change while things run: the day's cap, the stop switch, the budget's time zone.
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
    ('paid_calls', '{"stopped": false, "reason": ""}');
