-- A word has a name of its own, so that the same one told again is known; and what people are told of.

alter table decision add column word_id text;
create unique index decision_of_word on decision (word_id) where word_id is not null;

alter table alert drop constraint alert_kind_check;
alter table alert add constraint alert_kind_check
    check (kind in ('budget', 'overrun', 'brake', 'books', 'price', 'vendor', 'parked', 'review', 'fault', 'ended'));
-- Until when one worker delivers it: several workers deliver each alert once.
alter table alert add column claimed_until timestamptz;
grant update (claimed_until) on alert to reelwright_app;

-- How often a workflow was told of this decision without acting on it, and when it is told next.
alter table review
    add column hints integer not null default 0,
    add column hint_again_at timestamptz;

-- A refusal for good: the same request is not sent to the same vendor again.
alter table operation add column refused boolean not null default false;

-- An item that takes up another one again. All items of one line share its first item, and at most one post a place.
alter table item add column forerunner_id text references item, add column line_id text references item;
update item set line_id = item_id;
alter table item alter column line_id set not null;
create unique index item_one_successor on item (forerunner_id) where forerunner_id is not null;
create index item_of_line on item (line_id);

alter table operation add column line_id text references item;
update operation set line_id = item_id;
alter table operation alter column line_id set not null;
drop index operation_one_post;
create unique index operation_one_post on operation (line_id, vendor) where kind = 'publish' and state <> 'released';
