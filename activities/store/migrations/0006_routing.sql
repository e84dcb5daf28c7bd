-- Why a take was made where it was, and which one was bought before and kept.

alter table take
    add column why text not null default '',
    add column kept_from text references operation;
-- What an account has told before, so that it is not told again.
alter table item add column concept text not null default '';
-- A scene that an account has bought is found by its request.
create index take_of_operation on take (operation_id) where operation_id is not null;
create index operation_of_request on operation (account_id, request_sha256)
    where kind = 'paid' and state = 'settled';
