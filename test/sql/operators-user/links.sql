-- Commutators and negators: of itself, of one that comes later.
create function like_me(int, int) returns boolean language sql immutable as 'select $1 = $2';
create operator === (leftarg = int, rightarg = int, function = like_me, commutator = ===, restrict = eqsel, join = eqjoinsel);
create operator <<<< (leftarg = int, rightarg = int, function = like_me, commutator = >>>>);
create operator >>>> (leftarg = int, rightarg = int, function = like_me, commutator = <<<<);
create operator =!= (leftarg = int, rightarg = int, function = like_me, negator = !=!);
create operator !=! (leftarg = int, rightarg = int, function = like_me, negator = =!=);
select o.oprname, c.oprname, n.oprname, o.oprrest::text, o.oprjoin::text from pg_operator o left join pg_operator c on c.oid = o.oprcom left join pg_operator n on n.oid = o.oprnegate where o.oprname in ('===', '<<<<', '>>>>', '=!=', '!=!') order by o.oprname collate "C";
create aggregate moved(numeric) (sfunc = numeric_add, stype = numeric, initcond = '0', msfunc = numeric_add, minvfunc = numeric_sub, mstype = numeric, minitcond = '1');
select aggmtransfn, aggminvtransfn, aggmfinalfn, aggmtranstype::regtype, aggminitval from pg_aggregate where aggfnoid = 'moved'::regproc;
create aggregate broken(numeric) (sfunc = numeric_add, stype = numeric, msfunc = numeric_add);
create aggregate broken(numeric) (sfunc = numeric_add, stype = numeric, mstype = numeric);
create aggregate broken(numeric) (sfunc = numeric_add, stype = numeric, mstype = numeric, msfunc = numeric_add);
create aggregate broken(numeric) (sfunc = numeric_add, stype = numeric, minitcond = '1');
