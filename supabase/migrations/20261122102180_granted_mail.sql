-- The mail that brings a book that was given has words of its own, so it is of a kind of its own.
alter table fulfillment.email_messages
  drop constraint email_messages_kind_check,
  add constraint email_messages_kind_check check (kind in
    ('receipt', 'files_ready', 'granted', 'new_links', 'address_changed', 'refund', 'refund_failed', 'access_ended',
     'access_restored'))
    not valid;
alter table fulfillment.email_messages validate constraint email_messages_kind_check;
