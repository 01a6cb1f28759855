-- Links that stand in mails and on the shelf. The token is HMAC(key, id): it can be written again and is stored nowhere.

create table fulfillment.download_links (
  id uuid primary key default fulfillment.uuid_v7(),
  entitlement_id uuid not null references fulfillment.ebook_entitlements (id),
  format text not null check (format in ('pdf', 'epub')),
  origin text not null check (origin in ('mail', 'shelf')),
  mail_key text,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint mail_links_name_their_mail check ((origin = 'mail') = (mail_key is not null)),
  unique (mail_key, entitlement_id, format)
);
create index download_links_entitlement on fulfillment.download_links (entitlement_id);

create table fulfillment.downloads (
  id uuid primary key default fulfillment.uuid_v7(),
  link_id uuid not null references fulfillment.download_links (id),
  entitlement_id uuid not null references fulfillment.ebook_entitlements (id),
  format text not null,
  at timestamptz not null default clock_timestamp(),
  storage_key text not null,
  client_hash bytea
);
create index downloads_entitlement on fulfillment.downloads (entitlement_id, at);
comment on column fulfillment.downloads.client_hash is 'Keyed hash of the network address; the address itself is not kept. Retention: 13 months.';

alter table fulfillment.download_links enable row level security;
alter table fulfillment.download_links force row level security;
create policy migrator_all on fulfillment.download_links to fulfillment_migrator using (true) with check (true);
create policy worker_all on fulfillment.download_links to fulfillment_worker using (true) with check (true);
create policy shelf_all on fulfillment.download_links to fulfillment_shelf using (true) with check (true);
grant select, insert on fulfillment.download_links to fulfillment_worker, fulfillment_shelf;
grant update (expires_at) on fulfillment.download_links to fulfillment_worker;

alter table fulfillment.downloads enable row level security;
alter table fulfillment.downloads force row level security;
create policy migrator_all on fulfillment.downloads to fulfillment_migrator using (true) with check (true);
create policy shelf_all on fulfillment.downloads to fulfillment_shelf using (true) with check (true);
create policy reader_select on fulfillment.downloads for select to fulfillment_reader using (true);
grant select, insert on fulfillment.downloads to fulfillment_shelf;
grant select on fulfillment.downloads to fulfillment_reader;
