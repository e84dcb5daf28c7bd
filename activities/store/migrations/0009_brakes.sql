-- How many calls that cost dollars may be begun within a minute, and what counts them.

insert into configuration (key, value) values ('paid_calls_a_minute', '600');
create index operation_sent on operation (send_before) where kind = 'paid' and book = 'usd' and send_before is not null;
