-- A drill is written down before its first mail leaves, so that one that was cut off half way shows as begun and not
-- finished. And a mail that was taken without proof has an outcome of its own: such a drill has not passed.
alter table fulfillment.provider_drills
  alter column passed drop not null,
  alter column results drop not null,
  add constraint finished_with_results check ((passed is null) = (results is null));
comment on column fulfillment.provider_drills.passed is
  'Every provider certainly had its mail. Null: begun, and nothing says that it came to an end.';

update fulfillment.provider_drills d
   set passed = false,
       results = (select jsonb_agg(case when r.result ->> 'evidence' = 'unproven'
                                        then r.result || '{"outcome": "taken_unproven", "evidence": null}'::jsonb
                                        else r.result end order by r.place)
                    from jsonb_array_elements(d.results) with ordinality r (result, place))
 where d.results @> '[{"evidence": "unproven"}]'::jsonb;

-- What was written down of a finished one stays as it is.
create policy operations_update on fulfillment.provider_drills for update to fulfillment_operations
  using (passed is null) with check (passed is not null);
revoke insert (by, passed, results) on fulfillment.provider_drills from fulfillment_operations;
grant insert (by) on fulfillment.provider_drills to fulfillment_operations;
grant update (passed, results) on fulfillment.provider_drills to fulfillment_operations;
