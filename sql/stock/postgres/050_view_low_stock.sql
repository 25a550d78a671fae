-- Articles of which a shop has fewer than five pieces.
--
-- reads:  stock
-- writes: team_ops_low_stock
-- grain:  one row per shop_id and article_id with fewer than five pieces
-- why:    who fills the shelves wants what is short, and nothing else
-- differs: PostgreSQL has roles: the team reads this view, and not the table

drop view if exists team_ops_low_stock;

create view team_ops_low_stock as

select
    shop_id,
    article_id,

    piece_count,

    counted_date
from stock
where piece_count < 5;

-- An administrator makes the role, once; without it the view is for its owner.
do $$
begin
    if exists (select 1 from pg_roles where rolname = 'team_ops') then
        execute format('grant usage on schema %I to team_ops', current_schema());
        grant select on team_ops_low_stock to team_ops;
    end if;
end
$$;
