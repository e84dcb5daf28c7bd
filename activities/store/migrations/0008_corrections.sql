-- A person corrects what an operation was charged, as the vendor's own bill says; the amount is the new charge.

alter table entry drop constraint entry_movement_check;
alter table entry add constraint entry_movement_check
    check (movement in ('reserve', 'settle', 'release', 'correct'));
