-- What administrators decide about somebody of the staff, and who ends sessions.

-- Raised by every restriction, so that a decision says which standing it was made on. Being seen does not raise it.
alter table fulfillment.ops_users add column version integer not null default 1 check (version > 0);

alter table fulfillment.ops_sessions
  add constraint ended_by_somebody_known check (char_length(ended_by) between 1 and 200);
-- Those that ended long ago are dropped when somebody signs in.
create index ops_sessions_expires on fulfillment.ops_sessions (expires_at);

comment on column fulfillment.ops_users.version is 'A decision about somebody is refused when another one was made since they were looked at.';
comment on column fulfillment.ops_sessions.roles is 'Those the token claimed at sign-in; what ops_users withholds is taken away at every request.';
comment on column fulfillment.ops_sessions.ended_by is 'signed_out, signed_in_again, or the subject of whoever ended it.';
