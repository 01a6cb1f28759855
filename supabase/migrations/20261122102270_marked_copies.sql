-- How copies of a book are marked and made, and what was put into each.

alter table fulfillment.catalog_products
  add column stripe_product_id text check (stripe_product_id ~ '^prod_[A-Za-z0-9_]{1,250}$'),
  -- What was sold before was sold as it is, and goes on to be until it is imported again.
  add column marking jsonb not null default '{"policy": "plain"}' check (jsonb_typeof(marking) = 'object');
-- With a condition, so that it is no key: an import that sets it would lock products against whoever refers to them.
create unique index catalog_products_stripe on fulfillment.catalog_products (stripe_product_id)
 where stripe_product_id is not null;
comment on column fulfillment.catalog_products.marking is
  'Policy, pages and texts as imported (domain/copyMark.ts); what is missing is the default. Read when a copy is first made.';

alter table fulfillment.catalog_files
  add column way text not null default 'plain' check (way in ('tail', 'rewrite', 'plain')),
  add column reach text not null default 'none' check (reach in ('full', 'hidden', 'none')),
  add column revision integer not null default 0,
  add column page_count integer check (page_count > 0),
  add column findings jsonb not null default '[]' check (jsonb_typeof(findings) = 'array'),
  add column shared jsonb,
  add constraint tails_follow_a_shared_body check ((way = 'tail') = (shared is not null));
comment on column fulfillment.catalog_files.way is 'tail: shared body and a tail per buyer; rewrite: written anew per buyer; plain: the file itself.';
comment on column fulfillment.catalog_files.revision is 'Of the marker that prepared it.';
comment on column fulfillment.catalog_files.shared is
  'Keys, sizes and hashes of the shared body and of the recipe for tails: body_key, body_size_bytes, body_sha256, recipe_key, recipe_size_bytes, recipe_sha256.';

alter table fulfillment.stored_files
  add column version text check (version ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  add column kept text not null default 'stored' check (kept in ('stored', 'streamed')),
  add column made jsonb,
  add constraint receipts_are_stored check (kind = 'copy' or (kept = 'stored' and version is null));
update fulfillment.stored_files f set version = e.product_version
  from fulfillment.ebook_entitlements e
 where f.kind = 'copy' and e.payment_id = f.payment_id and e.line_no = f.line_no;
comment on column fulfillment.stored_files.version is 'Of the book, as it is handed out now: a new version takes the place of the old. Null for receipts.';
comment on column fulfillment.stored_files.kept is 'streamed: made while it is downloaded; size and hash are known, nothing lies in the store.';
comment on column fulfillment.stored_files.made is
  'What the copy was made of, so that it can be made again byte for byte: master hash, way, reach, revision, pages, line and code of the mark.';
