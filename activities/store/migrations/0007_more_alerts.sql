-- Alerts of vendors that do not accept our key or credit, and of outcomes that wait for a person.

alter table alert drop constraint alert_kind_check;
alter table alert add constraint alert_kind_check
    check (kind in ('budget', 'overrun', 'brake', 'books', 'price', 'vendor', 'parked'));
