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

grant select, insert on callback to reelwright_app;
grant usage on sequence callback_callback_id_seq to reelwright_app;
