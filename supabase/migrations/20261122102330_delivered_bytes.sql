-- What counts as a download is what was delivered of a book: bytes that we streamed ourselves, of the size of the file.
-- A row is written when a delivery begins and told once more when it ends.

alter table fulfillment.downloads
  -- All that was counted before was led to a signed URL, and so is what a process of before writes beside us.
  add column delivered_by text not null default 'redirect' check (delivered_by in ('stream', 'redirect')),
  add column program boolean not null default false,
  add column size_bytes bigint check (size_bytes > 0),
  add column asked_bytes bigint check (asked_bytes > 0),
  add column sent_bytes bigint not null default 0 check (sent_bytes >= 0),
  add column finished_at timestamptz,
  add constraint streams_tell_their_bytes check (
    delivered_by = 'redirect' and asked_bytes is null and sent_bytes = 0 and finished_at is null
    or delivered_by = 'stream' and size_bytes is not null and asked_bytes <= size_bytes and sent_bytes <= asked_bytes);
comment on table fulfillment.downloads is
  'One row per delivery of a file, or of a part of it. Written by fulfillment.begin_download, ended by fulfillment.end_download. Retention: 13 months.';
comment on column fulfillment.downloads.program is 'Asked by a program (mail scanner, preview of a messenger): counted apart from its buyer.';
comment on column fulfillment.downloads.size_bytes is 'Of the whole file.';
comment on column fulfillment.downloads.asked_bytes is 'Of the file or of the range that was asked for. Null for a redirect, whose bytes nobody sees.';
comment on column fulfillment.downloads.sent_bytes is 'What had gone out when it ended.';
comment on column fulfillment.downloads.finished_at is 'When it ended: whole if sent_bytes = asked_bytes, broken off otherwise. Null: under way, or the process has died.';

create index downloads_link on fulfillment.downloads (link_id, at);

alter table fulfillment.download_links add column limit_reset_at timestamptz;
comment on column fulfillment.download_links.limit_reset_at is
  'Staff has reset its limit: downloads that began before this do not count.';
grant update (limit_reset_at) on fulfillment.download_links to fulfillment_operations;

-- Shares of a file that were delivered in the last 24 hours, as downloads: ten tenths are one. Under way counts what it
-- asked for, but not for ever: whoever began over an hour ago and never ended has died.
create function fulfillment.counted_downloads(p_entitlement_id uuid, p_format text, p_program boolean)
  returns table (link_id uuid, at timestamptz, share numeric)
  language sql stable
  set search_path = ''
as $$
  select d.link_id, d.at,
         case when d.delivered_by = 'redirect' then 1
              when d.finished_at is not null then d.sent_bytes::numeric / d.size_bytes
              when d.at > pg_catalog.clock_timestamp() - interval '1 hour' then d.asked_bytes::numeric / d.size_bytes
              else 0 end
    from fulfillment.downloads d
    join fulfillment.download_links l on l.id = d.link_id
   where d.entitlement_id = p_entitlement_id and d.format = p_format and d.program = p_program
     and d.at > pg_catalog.clock_timestamp() - interval '24 hours'
     and (l.limit_reset_at is null or d.at > l.limit_reset_at)
$$;
revoke execute on function fulfillment.counted_downloads(uuid, text, boolean) from public;

-- Checks the limits and writes the row under lock of all links of the book in this format, so that requests side by side
-- cannot pass a limit together. Definer: the role of the buyers' side may neither lock links nor change downloads.
create function fulfillment.begin_download(p_download jsonb, p_client_hash bytea, p_link_max integer, p_ebook_max integer)
  returns table (download_id uuid, again_at timestamptz)
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_link_id uuid := (p_download ->> 'linkId')::uuid;
  v_entitlement_id uuid;
  v_format text;
  v_program boolean := (p_download ->> 'program')::boolean;
  v_again_at timestamptz;
begin
  select l.entitlement_id, l.format into v_entitlement_id, v_format
    from fulfillment.download_links l where l.id = v_link_id;
  perform from fulfillment.download_links l
    where l.entitlement_id = v_entitlement_id and l.format = v_format
    order by l.id for no key update;

  -- A limit is reached with the latest delivery that, together with all after it, makes up the limit; it frees a place
  -- 24 hours later.
  select greatest(max(c.at) filter (where c.link_id = v_link_id and round(c.of_link, 6) >= p_link_max),
                  max(c.at) filter (where round(c.of_ebook, 6) >= p_ebook_max)) + interval '24 hours'
    into v_again_at
    from (
      select n.link_id, n.at,
             sum(n.share) over (partition by n.link_id order by n.at desc) as of_link,
             sum(n.share) over (order by n.at desc) as of_ebook
        from fulfillment.counted_downloads(v_entitlement_id, v_format, v_program) n
       where n.share > 0) c;
  if v_again_at is not null then
    return query select null::uuid, v_again_at;
    return;
  end if;

  return query
    insert into fulfillment.downloads
      (link_id, entitlement_id, format, storage_key, client_hash, delivered_by, program, size_bytes, asked_bytes)
    values (v_link_id, v_entitlement_id, v_format, p_download ->> 'storageKey', p_client_hash, p_download ->> 'by', v_program,
            (p_download ->> 'sizeBytes')::bigint, (p_download ->> 'askedBytes')::bigint)
    returning id, null::timestamptz;
end
$$;
comment on function fulfillment.begin_download(jsonb, bytea, integer, integer) is
  'The id of the delivery that begins; or none, and when one may begin again.';

-- Ends a delivery once; later calls change nothing. Tells whether it has made a download of its book whole.
create function fulfillment.end_download(p_id uuid, p_sent_bytes bigint) returns boolean
  language plpgsql security definer
  set search_path = ''
as $$
declare
  v_ended fulfillment.downloads;
  v_before numeric;
begin
  perform from fulfillment.download_links l
    where l.id = (select d.link_id from fulfillment.downloads d where d.id = p_id) for no key update;
  update fulfillment.downloads d
     set sent_bytes = least(p_sent_bytes, d.asked_bytes), finished_at = pg_catalog.clock_timestamp()
   where d.id = p_id and d.delivered_by = 'stream' and d.finished_at is null
  returning * into v_ended;
  if not found or v_ended.program then
    return false;
  end if;
  select round(coalesce(sum(d.sent_bytes::numeric / d.size_bytes), 0), 6) into v_before
    from fulfillment.downloads d
   where d.link_id = v_ended.link_id and d.id <> p_id and not d.program and d.delivered_by = 'stream'
     and d.finished_at is not null and d.at > pg_catalog.clock_timestamp() - interval '24 hours';
  return floor(round(v_before + v_ended.sent_bytes::numeric / v_ended.size_bytes, 6)) > floor(v_before);
end
$$;

revoke execute on function fulfillment.begin_download(jsonb, bytea, integer, integer),
  fulfillment.end_download(uuid, bigint) from public;
grant execute on function fulfillment.begin_download(jsonb, bytea, integer, integer),
  fulfillment.end_download(uuid, bigint) to fulfillment_shelf;
