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

-- Which rounds of which items are in a published video: its own, and the one it was taken over from. A round that could
-- not be made leaves the earlier one's file on show, so the first round with that file counts.
create view published_cut as
with recursive shown as (
    select item_id, round, forerunner_id,
           (select min(round) from review as same
            where same.item_id = review.item_id and same.video_sha256 = review.video_sha256) as made_in
    from review join item using (item_id)
    where review.state = 'approved' and item.state in ('published', 'partly_published')
    union
    select item.item_id, coalesce(newest.round, 1), item.forerunner_id, coalesce(newest.made_in, 1)
    from shown join item on item.item_id = shown.forerunner_id
    left join lateral (
        select round,
               (select min(round) from review as same
                where same.item_id = review.item_id and same.video_sha256 = review.video_sha256) as made_in
        from review where review.item_id = item.item_id order by round desc, revision desc limit 1) as newest on true
    where shown.made_in = 1
)
select item_id, made_in as round from shown;
grant select on published_cut to reelwright_app;
