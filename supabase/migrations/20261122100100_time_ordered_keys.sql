-- Time-ordered keys (RFC 9562, version 7, with sub-millisecond bits in rand_a): random keys cost a quarter of the
-- speed at a million orders. Postgres 18 brings its own; this one works from 15 on.

create function fulfillment.uuid_v7() returns uuid
  language sql volatile parallel safe
  set search_path = ''
as $$
  select (
      pg_catalog.lpad(pg_catalog.to_hex(t.us / 1000), 12, '0')
      || '7' || pg_catalog.lpad(pg_catalog.to_hex((t.us % 1000) * 4096 / 1000), 3, '0')
      || pg_catalog.substr(pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''), 17)
    )::uuid
  from (select (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::bigint as us) t
$$;

-- The smallest key of a moment: bounds of time ranges and partitions over such keys.
create function fulfillment.uuid_v7_floor(moment timestamptz) returns uuid
  language sql immutable strict parallel safe
  set search_path = ''
as $$
  select (pg_catalog.lpad(pg_catalog.to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0')
      || '00000000000000000000')::uuid
$$;

-- Functions are executable by everybody unless this is said of each.
revoke execute on function fulfillment.uuid_v7(), fulfillment.uuid_v7_floor(timestamptz) from public;
grant execute on function fulfillment.uuid_v7(), fulfillment.uuid_v7_floor(timestamptz)
  to fulfillment_intake, fulfillment_worker, fulfillment_shelf, fulfillment_reader, fulfillment_migrator;
