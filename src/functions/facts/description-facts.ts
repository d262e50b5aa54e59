/**
 * pg_description of PostgreSQL 15, a line each: kind of object|OIDs|description. Without the functions behind operators, whose descriptions follow
 * from the operators, and without what depends on the machine or is not here (collations, conversions, text search).
 */
export const descriptionFacts = `
am|2|heap table access method
am|403|b-tree index access method
am|405|hash index access method
am|783|GiST index access method
am|2742|GIN index access method
am|3580|block range index (BRIN) access method
am|4000|SP-GiST index access method
function|3|row-oriented heap table access method handler
function|31 33 34 35 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 86 87 88 90 109 110 117 118 119 120 121 122 123 124 195 196 197 198 200 201 214 215 267 268 321 322 323 324 326 327 347 348 436 437 460 461 750 751 886 887 910 911 1031 1032 1044 1045 1046 1047 1084 1085 1143 1144 1150 1151 1160 1161 1242 1243 1244 1245 1267 1312 1313 1350 1351 1427 1450 1451 1490 1491 1564 1565 1579 1580 1701 1702 1798 1799 2212 2213 2214 2215 2216 2217 2218 2219 2220 2221 2290 2291 2292 2293 2294 2295 2296 2297 2298 2299 2300 2301 2302 2303 2304 2305 2312 2313 2398 2399 2400 2401 2402 2403 2404 2405 2406 2407 2408 2409 2410 2411 2412 2413 2414 2415 2416 2417 2418 2419 2420 2421 2422 2423 2424 2425 2426 2427 2428 2429 2430 2431 2432 2433 2434 2435 2436 2437 2438 2439 2440 2441 2442 2443 2444 2445 2446 2447 2448 2449 2450 2451 2452 2453 2454 2455 2456 2457 2458 2459 2460 2461 2468 2469 2470 2471 2472 2473 2474 2475 2476 2477 2478 2479 2480 2481 2482 2483 2484 2485 2486 2487 2488 2489 2490 2491 2492 2493 2494 2495 2496 2497 2498 2499 2500 2501 2502 2503 2597 2598 2777 2778 2893 2894 2898 2899 2939 2940 2941 2942 2952 2953 2961 2962 3116 3117 3120 3121 3229 3230 3238 3239 3311 3312 3355 3356 3357 3358 3404 3405 3406 3407 3446 3447 3504 3505 3506 3507 3532 3533 3594 3595 3610 3611 3612 3613 3638 3639 3640 3641 3646 3647 3736 3737 3738 3739 3771 3772 3773 3774 3803 3804 3805 3806 3832 3833 3834 3835 3836 3837 4001 4002 4003 4004 4084 4085 4087 4088 4092 4094 4095 4098 4110 4111 4193 4194 4196 4197 4226 4227 4229 4230 4231 4232 4233 4234 4596 4597 4598 4599 4638 4639 4640 4641 5018 5019 5020 5021 5055 5056 5057 5058 5070 5081 5082 5083 5086 5087 5088 5089 5090 5091 5092 5093 5094 5095|I/O
function|77|convert char to int4
function|78 1621|convert int4 to char
function|89|PostgreSQL version string
function|101|restriction selectivity of = and related operators
function|102|restriction selectivity of <> and related operators
function|103|restriction selectivity of < and related operators on scalar datatypes
function|104|restriction selectivity of > and related operators on scalar datatypes
function|105|join selectivity of = and related operators
function|106|join selectivity of <> and related operators
function|107|join selectivity of < and related operators on scalar datatypes
function|108|join selectivity of > and related operators on scalar datatypes
function|139|restriction selectivity for area-comparison operators
function|140|join selectivity for area-comparison operators
function|208 222 1833 1834 1835 1836 1840 1841 1842 1843 1962 1963 2333 2515 2516 2746 2805 2806 2858 2900 3387 3496 3497 3535 3543 3548 3549 3567 3568 3569 3570 3571 3970 3971 4051 4299 6225|aggregate transition function
function|209 223 458 515 768 770 898 1063 1138 1196 1198 1236 1377 1379 1767 1965 2036 2795 3525 3562 4187 5097|larger of two
function|211 224 459 516 769 771 899 1064 1139 1195 1197 1237 1378 1380 1766 1966 2035 2796 3524 3563 4188 5098|smaller of two
function|228 1342|round to nearest integer
function|229 1343|truncate to integer
function|233 1347 1732 1733|natural exponential (e^x)
function|234 1341 1734 1735|natural logarithm
function|235|convert int2 to float8
function|236|convert int2 to float4
function|237|convert float8 to int2
function|238|convert float4 to int2
function|246 253 350 351 354 355 356 358 359 360 377 382 404 836 842 926 1078 1092 1107 1314 1315 1358 1596 1672 1693 1769 1954 2045 2166 2180 2188 2189 2190 2191 2192 2193 2194 2195 2344 2357 2370 2383 2526 2533 2794 2960 2987 3251 3514 3622 3668 3870 4044 4119 4273 5096|less-equal-greater
function|266|concatenate name and oid
function|274|current date and time - increments during transactions
function|275|return the next oid for a system table
function|276 2785 3324 3325 3337 3338 3341 3342|aggregate combine function
function|311|convert float4 to float8
function|312|convert float8 to float4
function|313|convert int2 to int4
function|314|convert int4 to int2
function|315|Is JIT compilation available in this session?
function|316|convert int4 to float8
function|317|convert float8 to int4
function|318|convert int4 to float4
function|319|convert float4 to int4
function|320 2170|bucket number of operand in equal-width histogram
function|328 329 399 400 422 425 432 441 442 443 444 445 446 447 448 449 450 451 452 453 454 455 456 457 626 772 776 777 778 779 780 781 782 949 972 1080 1688 1696 1697 2039 2233 2234 2963 3252 3409 3410 3411 3412 3413 3414 3416 3418 3515 4045 6192 6193|hash
function|330|btree index access method handler
function|331|hash index access method handler
function|332|gist index access method handler
function|333|gin index access method handler
function|334|spgist index access method handler
function|335|brin index access method handler
function|336|restriction selectivity of <= and related operators on scalar datatypes
function|337|restriction selectivity of >= and related operators on scalar datatypes
function|338|validate an operator class
function|376 6161|split delimited text, with null string
function|378|append element onto end of array
function|379|prepend element onto front of array
function|384|concatenate array elements, using delimiter and null string, into text
function|386|join selectivity of <= and related operators on scalar datatypes
function|394 6160|split delimited text
function|395|concatenate array elements, using delimiter, into text
function|398|join selectivity of >= and related operators on scalar datatypes
function|401|convert char(n) to text
function|406|convert name to text
function|407|convert text to name
function|408|convert name to char(n)
function|409|convert char(n) to name
function|438|count the number of NULL arguments
function|440|count the number of non-NULL arguments
function|480|convert int8 to int4
function|481|convert int4 to int8
function|482|convert int8 to float8
function|483|convert float8 to int8
function|598|abbreviated display of inet value
function|599|abbreviated display of cidr value
function|605|change netmask of inet
function|635|change netmask of cidr
function|636|test property of an index access method
function|637|test property of an index
function|638|test property of an index column
function|652|convert int8 to float4
function|653|convert float4 to int8
function|668|adjust char() to typmod length
function|669|adjust varchar() to typmod length
function|676|return name of given index build phase
function|683|network part of address
function|696|netmask of address
function|697|netmask length
function|698|broadcast address of network
function|699|show address octets only
function|710|deprecated, use current_user instead
function|711|address family (4 for IPv4, 6 for IPv6)
function|714|convert int8 to int2
function|715 957|large object create
function|720 1374 1375 1682 2010|octet length
function|721|get byte
function|722|set byte
function|723 3032|get bit
function|724 3033|set bit
function|730|show all parts of inet/cidr value
function|745|current user name
function|746|session user name
function|747|array dimensions
function|748|number of array dimensions
function|749 752 1404 1405|substitute portion of string
function|753|MACADDR manufacturer fields
function|754|convert int2 to int8
function|764 767|large object import
function|765|large object export
function|766 1219|increment
function|810 1039|encoding name of current database
function|817|get the currently executing query
function|849 868 2014|position of substring
function|860|convert char to char(n)
function|861|name of the current database
function|870|lowercase
function|871|uppercase
function|872|capitalize each word
function|873 879|left-pad string to length
function|874 880|right-pad string to length
function|875|trim selected characters from left end of string
function|876|trim selected characters from right end of string
function|877 883 936 937 2012 2013 2085 2086|extract portion of string
function|878|map a set of characters appearing in string
function|881|trim spaces from left end of string
function|882|trim spaces from right end of string
function|884|trim selected characters from both ends of string
function|885|trim spaces from both ends of string
function|935|output money amount as words
function|938 939 1066 1067 1068 1069 3259 3260|non-persistent series generator
function|940 941 947 1728|modulus
function|944|convert text to char
function|946|convert char to text
function|952|large object open
function|953|large object close
function|954|large object read
function|955|large object write
function|956|large object seek
function|958|large object position
function|964|large object unlink (delete)
function|975|box area
function|976|box width
function|977|box height
function|979|area of a closed path
function|981|box diagonal
function|992|slope between points
function|993|convert points to line segment
function|1004|truncate large object
function|1023|planner support for textlike
function|1024|planner support for texticregexeq
function|1025|planner support for texticlike
function|1026 1159 2069 2070|adjust timestamp to new time zone
function|1030 2179 2578 2581 2582 2583 2584 2585 2586 2591 2592 3064 3280 3282 3288 3553 3554 3555 3557 3558 3559 3573 3875 3876 3879 3880 3881 3998 6154 6156|GiST support
function|1035|add/update ACL item
function|1036|remove ACL item
function|1037|contains
function|1065|view two-phase transactions
function|1079|convert text to regclass
function|1081|format a type oid and atttypmod to canonical SQL
function|1136|statistics: information about WAL activity
function|1137|get wal replay pause state
function|1158|convert UNIX epoch to timestamptz
function|1171 6203|extract field from timestamp with time zone
function|1172 6204|extract field from interval
function|1173|planner support for network_sub/superset
function|1174|convert date to timestamp with time zone
function|1175|promote groups of 24 hours to numbers of days
function|1176|convert date and time to timestamp with time zone
function|1177|jsonpath exists test with timezone
function|1178|convert timestamp with time zone to date
function|1179|jsonpath query with timezone
function|1180|jsonpath query wrapped into array with timezone
function|1181|age of a transaction ID, in transactions before current transaction
function|1191 1192|array subscripts generator
function|1193 1286|array constructor with value
function|1194 1339 1340 1481 1741|base 10 logarithm
function|1199 2058|date difference preserving months and years
function|1200|adjust interval precision
function|1215|get description for object id and catalog name
function|1216|get description for table column
function|1217|truncate timestamp with time zone to specified units
function|1218|truncate interval to specified units
function|1250|deferred UNIQUE constraint check
function|1257 1317|length
function|1264|convert encoding name to encoding id
function|1268|parse qualified identifier to array of identifiers
function|1269|bytes required to store the value, perhaps with compression
function|1271 1304 1305 1306 1307 1308 1309 1310 1311 2041 2042 2043 2044|intervals overlap?
function|1273 6201|extract field from time with time zone
function|1282|quote an identifier for usage in a querystring
function|1283|quote a literal for usage in a querystring
function|1284|truncate timestamp with time zone to specified units in specified time zone
function|1285|quote a data value for usage in a querystring
function|1287|convert int8 to oid
function|1288|convert oid to int8
function|1289|quote a possibly-null literal for usage in a querystring
function|1290|quote a possibly-null data value for usage in a querystring
function|1291|trigger to suppress updates when new and old records match
function|1293|expand multirange to set of ranges
function|1294|latest tid of a tuple
function|1295|promote groups of 30 days to numbers of months
function|1299 2647|current transaction time
function|1300|restriction selectivity for position-comparison operators
function|1301|join selectivity for position-comparison operators
function|1302|restriction selectivity for containment comparison operators
function|1303|join selectivity for containment comparison operators
function|1316|convert timestamp to time
function|1318 1367 1369 1372 1381|character length
function|1344 1730 1731|square root
function|1345|cube root
function|1346 1368 1738 2169|exponentiation
function|1348|deprecated, use two-argument form instead
function|1349|print type names of oidvector field
function|1359|convert date and time with time zone to timestamp with time zone
function|1362|hostmask of address
function|1364|planner support for textregexeq
function|1365|make ACL item
function|1370|convert time to interval
function|1371|view system lock information
function|1373|finite date?
function|1376|factorial
function|1384 6199|extract field from date
function|1385 6200|extract field from time
function|1386 2059|date difference from today preserving months and years
function|1387|constraint description
function|1388|convert timestamp with time zone to time with time zone
function|1389 2048|finite timestamp?
function|1390|finite interval?
function|1391|statistics: start time for current backend session
function|1392|statistics: address of client connected to backend
function|1393|statistics: port number of client connected to backend
function|1394 1395 1396 1397 1398 1705|absolute value
function|1400|convert varchar to name
function|1401|convert name to varchar
function|1402|current schema name
function|1403|current schema search list
function|1406|vertically aligned
function|1407|horizontally aligned
function|1408 1412|parallel
function|1409 1413|perpendicular
function|1410 1414|vertical
function|1411 1415|horizontal
function|1416 1532 1534 1540 1542 1543|center of
function|1419|convert interval to time
function|1421|convert points to box
function|1430|path closed?
function|1431|path open?
function|1433|close path
function|1434|open path
function|1440|convert x, y to point
function|1446|convert polygon to bounding box
function|1447|convert polygon to path
function|1448|convert box to polygon
function|1449|convert path to polygon
function|1468|area of circle
function|1469|diameter of circle
function|1470|radius of circle
function|1473|convert point and radius to circle
function|1474|convert polygon to circle
function|1475|convert vertex count and circle to polygon
function|1479|convert box to circle
function|1480|convert circle to box
function|1493|construct line from points
function|1530|distance between endpoints
function|1531|sum of path segments
function|1541|diagonal of
function|1544|convert circle to 12-vertex polygon
function|1545 1556|number of points
function|1569 1571 2007|matches LIKE expression
function|1570 1572 2008|does not match LIKE expression
function|1573|source text of a rule
function|1574|sequence next value
function|1575|sequence current value
function|1576|set sequence value
function|1597|convert encoding id to encoding name
function|1598|random value
function|1599|set random seed
function|1600|arcsine
function|1601|arccosine
function|1602|arctangent
function|1603|arctangent, two arguments
function|1604|sine
function|1605|cosine
function|1606|tangent
function|1607|cotangent
function|1608|radians to degrees
function|1609|degrees to radians
function|1610|PI
function|1619|type of the argument
function|1620|convert first char to int4
function|1622|replicate string n times
function|1623 1986 1987|convert SQL regexp pattern to POSIX style
function|1637 2009|convert LIKE pattern to use backslash escapes
function|1640 1641|select statement of a view
function|1642|role name by OID (with fallback)
function|1643|index description
function|1644 1645|referential integrity FOREIGN KEY ... REFERENCES
function|1646|referential integrity ON DELETE CASCADE
function|1647|referential integrity ON UPDATE CASCADE
function|1648|referential integrity ON DELETE RESTRICT
function|1649|referential integrity ON UPDATE RESTRICT
function|1650|referential integrity ON DELETE SET NULL
function|1651|referential integrity ON UPDATE SET NULL
function|1652|referential integrity ON DELETE SET DEFAULT
function|1653|referential integrity ON UPDATE SET DEFAULT
function|1654|referential integrity ON DELETE NO ACTION
function|1655|referential integrity ON UPDATE NO ACTION
function|1662|trigger description
function|1665|name of sequence for a serial column
function|1680 1699|extract portion of bitstring
function|1681|bitstring length
function|1683|convert int4 to bitstring
function|1684|convert bitstring to int4
function|1685|adjust bit() to typmod length
function|1686|list of SQL keywords
function|1687|adjust varbit() to typmod length
function|1689|convert ACL item array to table, primarily for use by information schema
function|1698|position of sub-bitstring
function|1703|adjust numeric to typmod precision/scale
function|1706 2310|sign of value
function|1707|value rounded to 'scale'
function|1708|value rounded to 'scale' of zero
function|1709|value truncated to 'scale'
function|1710|value truncated to 'scale' of zero
function|1711 2167 2308 2320|nearest integer >= value
function|1712 2309|nearest integer <= value
function|1713|length of string in specified encoding
function|1714|convert string with specified source encoding name
function|1715|convert inet to cidr
function|1716|deparse an encoded expression
function|1717|convert string with specified destination encoding name
function|1736 1737|logarithm base m of n
function|1740|convert int4 to numeric
function|1742|convert float4 to numeric
function|1743|convert float8 to numeric
function|1744|convert numeric to int4
function|1745|convert numeric to float4
function|1746|convert numeric to float8
function|1764|increment by one
function|1765|set sequence value and is_called status
function|1768|format interval to text
function|1770|format timestamp with time zone to text
function|1772|format numeric to text
function|1773|format int4 to text
function|1774|format int8 to text
function|1775|format float4 to text
function|1776|format float8 to text
function|1777|convert text to numeric
function|1778|convert text to timestamp with time zone
function|1779|convert numeric to int8
function|1780|convert text to date
function|1781|convert int8 to numeric
function|1782|convert int2 to numeric
function|1783|convert numeric to int2
function|1810 1811 1812|length in bits
function|1813|convert string with specified encoding names
function|1814|restriction selectivity of ILIKE
function|1815|restriction selectivity of NOT ILIKE
function|1816|join selectivity of ILIKE
function|1817|join selectivity of NOT ILIKE
function|1818|restriction selectivity of regex match
function|1819|restriction selectivity of LIKE
function|1820|restriction selectivity of case-insensitive regex match
function|1821|restriction selectivity of regex non-match
function|1822|restriction selectivity of NOT LIKE
function|1823|restriction selectivity of case-insensitive regex non-match
function|1824|join selectivity of regex match
function|1825|join selectivity of LIKE
function|1826|join selectivity of case-insensitive regex match
function|1827|join selectivity of regex non-match
function|1828|join selectivity of NOT LIKE
function|1829|join selectivity of case-insensitive regex non-match
function|1830 1831 1832 1837 1838 1839 1844 1964 2334 2512 2513 2514 2596 2807 2808 2809 2810 2811 2812 2813 2814 2815 2816 2817 3178 3388 3389 3390 3391 3392 3393 3498 3499 3536 3544 3572 3973 3975 3977 3979 3981 3983 3985 3987 3989 3991 3993 4052 4300 6226|aggregate final function
function|1845|encode text from DB encoding to ASCII text
function|1846 1847|encode text from encoding to ASCII text
function|1922|user privilege on relation by username, rel name
function|1923|user privilege on relation by username, rel oid
function|1924|user privilege on relation by user oid, rel name
function|1925|user privilege on relation by user oid, rel oid
function|1926|current user privilege on relation by rel name
function|1927|current user privilege on relation by rel oid
function|1928|statistics: number of scans done for table/index
function|1929|statistics: number of tuples read by seqscan
function|1930|statistics: number of tuples fetched by idxscan
function|1931|statistics: number of tuples inserted
function|1932|statistics: number of tuples updated
function|1933|statistics: number of tuples deleted
function|1934|statistics: number of blocks fetched
function|1935|statistics: number of blocks found in cache
function|1936|statistics: currently active backend IDs
function|1937|statistics: PID of backend
function|1938|statistics: database ID of backend
function|1939|statistics: user ID of backend
function|1940|statistics: current query of backend
function|1941|statistics: number of backends in database
function|1942|statistics: transactions committed
function|1943|statistics: transactions rolled back
function|1944|statistics: blocks fetched for database
function|1945|statistics: blocks found in cache for database
function|1946|convert bytea value into some ascii-only text string
function|1947|convert ascii-encoded text string into bytea value
function|1961|adjust timestamp precision
function|1967|adjust timestamptz precision
function|1968|adjust time precision
function|1969|adjust time with time zone precision
function|1972|statistics: number of tuples hot updated
function|1973 1980|trunc(x/y)
function|1993|get description for object id and shared catalog name
function|2015|trim selected bytes from both ends of string
function|2019|convert timestamp with time zone to time
function|2020|truncate timestamp to specified units
function|2021 6202|extract field from timestamp
function|2022|statistics: information about currently active backends
function|2023|jsonpath query first item with timezone
function|2024|convert date to timestamp
function|2025|convert date and time to timestamp
function|2026|statistics: current backend PID
function|2027|convert timestamp with time zone to timestamp
function|2028|convert timestamp to timestamp with time zone
function|2029|convert timestamp to date
function|2030|jsonpath match with timezone
function|2034|configuration load time
function|2037 2038|adjust time with time zone to new zone
function|2046|convert time with time zone to time
function|2047|convert time to time with time zone
function|2049|format timestamp to text
function|2050|maximum value of all anyarray input values
function|2051|minimum value of all anyarray input values
function|2073|extract text matching regular expression
function|2074|extract text matching SQL regular expression
function|2075|convert int8 to bitstring
function|2076|convert bitstring to int8
function|2077|SHOW X as a function
function|2078|SET X as a function
function|2079|is table visible in search path?
function|2080|is type visible in search path?
function|2081|is function visible in search path?
function|2082|is operator visible in search path?
function|2083|is opclass visible in search path?
function|2084|SHOW ALL as a function
function|2087|replace all occurrences in string of old_substr with new_substr
function|2088|split string by field_sep and return field_num
function|2089|convert int4 number to hex
function|2090|convert int8 number to hex
function|2091|array lower dimension
function|2092|array upper dimension
function|2093|is conversion visible in search path?
function|2094|statistics: start time for current query of backend
function|2096|terminate a server process
function|2098|definition of a function
function|2100|the average (arithmetic mean) as numeric of all bigint values
function|2101|the average (arithmetic mean) as numeric of all integer values
function|2102|the average (arithmetic mean) as numeric of all smallint values
function|2103|the average (arithmetic mean) as numeric of all numeric values
function|2104|the average (arithmetic mean) as float8 of all float4 values
function|2105|the average (arithmetic mean) as float8 of all float8 values
function|2106|the average (arithmetic mean) as interval of all interval values
function|2107|sum as numeric across all bigint input values
function|2108|sum as bigint across all integer input values
function|2109|sum as bigint across all smallint input values
function|2110|sum as float4 across all float4 input values
function|2111|sum as float8 across all float8 input values
function|2112|sum as money across all money input values
function|2113|sum as interval across all interval input values
function|2114|sum as numeric across all numeric input values
function|2115|maximum value of all bigint input values
function|2116|maximum value of all integer input values
function|2117|maximum value of all smallint input values
function|2118|maximum value of all oid input values
function|2119|maximum value of all float4 input values
function|2120|maximum value of all float8 input values
function|2121|compression method for the compressed datum
function|2122|maximum value of all date input values
function|2123|maximum value of all time input values
function|2124|maximum value of all time with time zone input values
function|2125|maximum value of all money input values
function|2126|maximum value of all timestamp input values
function|2127|maximum value of all timestamp with time zone input values
function|2128|maximum value of all interval input values
function|2129|maximum value of all text input values
function|2130|maximum value of all numeric input values
function|2131|minimum value of all bigint input values
function|2132|minimum value of all integer input values
function|2133|minimum value of all smallint input values
function|2134|minimum value of all oid input values
function|2135|minimum value of all float4 input values
function|2136|minimum value of all float8 input values
function|2137|statistics: force stats to be flushed after the next commit
function|2138|minimum value of all date input values
function|2139|minimum value of all time input values
function|2140|minimum value of all time with time zone input values
function|2141|minimum value of all money input values
function|2142|minimum value of all timestamp input values
function|2143|minimum value of all timestamp with time zone input values
function|2144|minimum value of all interval input values
function|2145|minimum value of all text values
function|2146|minimum value of all numeric input values
function|2147|number of input rows for which the input expression is not null
function|2148 2149 2150 2151 2152 2153|historical alias for var_samp
function|2154 2155 2156 2157 2158 2159|historical alias for stddev_samp
function|2162|argument list of a function
function|2165|result type of a function
function|2168 2324|total disk space usage for the specified database
function|2171|cancel a server process' current query
function|2172|prepare for taking an online backup
function|2176|array length
function|2181|user privilege on sequence by username, seq name
function|2182|user privilege on sequence by username, seq oid
function|2183|user privilege on sequence by user oid, seq name
function|2184|user privilege on sequence by user oid, seq oid
function|2185|current user privilege on sequence by seq name
function|2186|current user privilege on sequence by seq oid
function|2196|inet address of the client
function|2197|client's port number for this connection
function|2198|inet address of the server
function|2199|server's port number for this connection
function|2230|statistics: discard current transaction's statistics snapshot
function|2232|identity argument list of a function
function|2236|bitwise-and smallint aggregate
function|2237|bitwise-or smallint aggregate
function|2238|bitwise-and integer aggregate
function|2239|bitwise-or integer aggregate
function|2240|bitwise-and bigint aggregate
function|2241|bitwise-or bigint aggregate
function|2242|bitwise-and bit aggregate
function|2243|bitwise-or bit aggregate
function|2244|maximum value of all bpchar input values
function|2245|minimum value of all bpchar input values
function|2246 2247 2248 2316 3717 3718 3719 3720 3721 3725 3726 3728 3729 3731 3732 3740 3741|(internal)
function|2250|user privilege on database by username, database name
function|2251|user privilege on database by username, database oid
function|2252|user privilege on database by user oid, database name
function|2253|user privilege on database by user oid, database oid
function|2254|current user privilege on database by database name
function|2255|current user privilege on database by database oid
function|2256|user privilege on function by username, function name
function|2257|user privilege on function by username, function oid
function|2258|user privilege on function by user oid, function name
function|2259|user privilege on function by user oid, function oid
function|2260|current user privilege on function by function name
function|2261|current user privilege on function by function oid
function|2262|user privilege on language by username, language name
function|2263|user privilege on language by username, language oid
function|2264|user privilege on language by user oid, language name
function|2265|user privilege on language by user oid, language oid
function|2266|current user privilege on language by language name
function|2267|current user privilege on language by language oid
function|2268|user privilege on schema by username, schema name
function|2269|user privilege on schema by username, schema oid
function|2270|user privilege on schema by user oid, schema name
function|2271|user privilege on schema by user oid, schema oid
function|2272|current user privilege on schema by schema name
function|2273|current user privilege on schema by schema oid
function|2274|statistics: reset collected statistics for current database
function|2282|information about all memory contexts of local backend
function|2284 2285 6251 6252 6253|replace text using regexp
function|2286|total disk space usage for the specified table and associated indexes
function|2288|convert a long int to a human readable text using size units
function|2289|convert generic options array to name/value table
function|2306|statistics: information about SLRU caches
function|2307|statistics: reset collected statistics for a single SLRU
function|2311 2321|MD5 hash
function|2319|maximum octet length of a character in given encoding
function|2322 2323|total disk space usage for the specified tablespace
function|2325|disk space usage for the main fork of the specified table or index
function|2331|expand array to set of rows
function|2332|disk space usage for the specified fork of a table or index
function|2335 4053|concatenate aggregate input into an array
function|2390|user privilege on tablespace by username, tablespace name
function|2391|user privilege on tablespace by username, tablespace oid
function|2392|user privilege on tablespace by user oid, tablespace name
function|2393|user privilege on tablespace by user oid, tablespace oid
function|2394|current user privilege on tablespace by tablespace name
function|2395|current user privilege on tablespace by tablespace oid
function|2462|hyperbolic sine
function|2463|hyperbolic cosine
function|2464|hyperbolic tangent
function|2465|inverse hyperbolic sine
function|2466|inverse hyperbolic cosine
function|2467|inverse hyperbolic tangent
function|2504|source text of a rule with pretty-print option
function|2505 2506|select statement of a view with pretty-print option
function|2507|index description (full create statement or single expression) with pretty-print option
function|2508|constraint description with pretty-print option
function|2509|deparse an encoded expression with pretty-print option
function|2510|get the prepared statements for this session
function|2511|get the open cursors for this session
function|2517 2519|boolean-and aggregate
function|2518|boolean-or aggregate
function|2556|get OIDs of databases in a tablespace
function|2557|convert int4 to boolean
function|2558|convert boolean to int4
function|2559|current value from last used sequence
function|2560|postmaster start time
function|2561|get array of PIDs of sessions blocking specified backend PID from acquiring a heavyweight lock
function|2580|convert jsonb to float8
function|2599|get the available time zone abbreviations
function|2614 3050|test XML value against XPath expression
function|2621|reload configuration files
function|2622|rotate log file
function|2623 3307|get information about file
function|2624 3293 3826|read text from a file
function|2625 3297|list all files in a directory
function|2626|sleep for the specified time in seconds
function|2641|sample variance of bigint input values (square of the sample standard deviation)
function|2642|sample variance of integer input values (square of the sample standard deviation)
function|2643|sample variance of smallint input values (square of the sample standard deviation)
function|2644|sample variance of float4 input values (square of the sample standard deviation)
function|2645|sample variance of float8 input values (square of the sample standard deviation)
function|2646|sample variance of numeric input values (square of the sample standard deviation)
function|2648|current statement time
function|2649|current clock time
function|2700 3656 3657 3658 3724 3921|GIN tsvector support
function|2705|user privilege on role by username, role name
function|2706|user privilege on role by username, role oid
function|2707|user privilege on role by user oid, role name
function|2708|user privilege on role by user oid, role oid
function|2709|current user privilege on role by role name
function|2710|current user privilege on role by role oid
function|2711|promote groups of 24 hours to numbers of days and promote groups of 30 days to numbers of months
function|2712|sample standard deviation of bigint input values
function|2713|sample standard deviation of integer input values
function|2714|sample standard deviation of smallint input values
function|2715|sample standard deviation of float4 input values
function|2716|sample standard deviation of float8 input values
function|2717|sample standard deviation of numeric input values
function|2718|population variance of bigint input values (square of the population standard deviation)
function|2719|population variance of integer input values (square of the population standard deviation)
function|2720|population variance of smallint input values (square of the population standard deviation)
function|2721|population variance of float4 input values (square of the population standard deviation)
function|2722|population variance of float8 input values (square of the population standard deviation)
function|2723|population variance of numeric input values (square of the population standard deviation)
function|2724|population standard deviation of bigint input values
function|2725|population standard deviation of integer input values
function|2726|population standard deviation of smallint input values
function|2727|population standard deviation of float4 input values
function|2728|population standard deviation of float8 input values
function|2729|population standard deviation of numeric input values
function|2730|trigger description with pretty-print option
function|2731|arcsine, degrees
function|2732|arccosine, degrees
function|2733|arctangent, degrees
function|2734|arctangent, two arguments, degrees
function|2735|sine, degrees
function|2736|cosine, degrees
function|2737|tangent, degrees
function|2738|cotangent, degrees
function|2739|finish taking an online backup
function|2740 2786 3335 3339|aggregate serial function
function|2741 2787 3336 3340|aggregate deserial function
function|2743 2744 2774 3920|GIN array support
function|2758|statistics: tuples returned for database
function|2759|statistics: tuples fetched for database
function|2760|statistics: tuples inserted in database
function|2761|statistics: tuples updated in database
function|2762|statistics: tuples deleted in database
function|2763 2764|find match(es) for regexp
function|2765 2766 2767 2768|split string by pattern
function|2769|statistics: number of timed checkpoints started by the bgwriter
function|2770|statistics: number of backend requested checkpoints started by the bgwriter
function|2771|statistics: number of buffers written by the bgwriter during checkpoints
function|2772|statistics: number of buffers written by the bgwriter for cleaning dirty buffers
function|2773|statistics: number of times the bgwriter stopped processing when it had written too many buffers while cleaning
function|2775|statistics: number of buffers written by backends
function|2781|statistics: last manual vacuum time for a table
function|2782|statistics: last auto vacuum time for a table
function|2783|statistics: last manual analyze time for a table
function|2784|statistics: last auto analyze time for a table
function|2788|statistics: wait event type on which backend is currently waiting
function|2797|maximum value of all tid input values
function|2798|minimum value of all tid input values
function|2803|number of input rows
function|2804|increment, ignores second argument
function|2818|number of input rows in which both expressions are not null
function|2819|sum of squares of the independent variable (sum(X^2) - sum(X)^2/N)
function|2820|sum of squares of the dependent variable (sum(Y^2) - sum(Y)^2/N)
function|2821|sum of products of independent times dependent variable (sum(X*Y) - sum(X) * sum(Y)/N)
function|2822|average of the independent variable (sum(X)/N)
function|2823|average of the dependent variable (sum(Y)/N)
function|2824|square of the correlation coefficient
function|2825|slope of the least-squares-fit linear equation determined by the (X, Y) pairs
function|2826|y-intercept of the least-squares-fit linear equation determined by the (X, Y) pairs
function|2827|population covariance
function|2828|sample covariance
function|2829|correlation coefficient
function|2844|statistics: block read time, in milliseconds
function|2845|statistics: block write time, in milliseconds
function|2848|switch to new wal file
function|2849|current wal write location
function|2850|wal filename and byte offset, given a wal location
function|2851|wal filename, given a wal location
function|2852|current wal insert location
function|2853|statistics: wait event on which backend is currently waiting
function|2854|get OID of current session's temp schema, if any
function|2855|is schema another session's temp schema?
function|2856|get the available time zone names
function|2857|statistics: start time for backend's current transaction
function|2859|statistics: number of buffer allocations
function|2878|statistics: number of live tuples
function|2879|statistics: number of dead tuples
function|2880 2886 3089 3093|obtain exclusive advisory lock
function|2881 2887 3090 3094|obtain shared advisory lock
function|2882 2888 3091 3095|obtain exclusive advisory lock if available
function|2883 2889 3092 3096|obtain shared advisory lock if available
function|2884 2890|release exclusive advisory lock
function|2885 2891|release shared advisory lock
function|2892|release all advisory locks
function|2895|generate XML comment
function|2896|perform a non-validating parse of a character string to produce an XML value
function|2897|validate an XML value
function|2901|concatenate XML values
function|2902 2903 2904 2905 2906 2907 2908 2909 2910 2911 2912 2913 2914 2915 2916 2917 2918 2919 2920 2921|I/O typmod
function|2922|serialize an XML value to a character string
function|2923|map table contents to XML
function|2924|map query result to XML
function|2925|map rows from cursor to XML
function|2926|map table structure to XML Schema
function|2927|map query result structure to XML Schema
function|2928|map cursor structure to XML Schema
function|2929|map table contents and structure to XML and XML Schema
function|2930|map query result and structure to XML and XML Schema
function|2931|evaluate XPath expression, with namespaces support
function|2932|evaluate XPath expression
function|2933|map schema contents to XML
function|2934|map schema structure to XML Schema
function|2935|map schema contents and structure to XML and XML Schema
function|2936|map database contents to XML
function|2937|map database structure to XML Schema
function|2938|map database contents and structure to XML and XML Schema
function|2943 3348 5059 5060|get current transaction ID
function|2944 5061|get current snapshot
function|2945 5062|get xmin of snapshot
function|2946 5063|get xmax of snapshot
function|2947|get set of in-progress txids in snapshot
function|2948|is txid visible in snapshot?
function|2971|convert boolean to text
function|2978|statistics: number of function calls
function|2979|statistics: total execution time of function, in milliseconds
function|2980|statistics: self execution time of function, in milliseconds
function|2997|disk space usage for the specified table, including TOAST, free space and visibility map
function|2998|disk space usage for all indexes attached to the specified table
function|2999|filenode identifier of relation
function|3000|user privilege on foreign data wrapper by username, foreign data wrapper name
function|3001|user privilege on foreign data wrapper by username, foreign data wrapper oid
function|3002|user privilege on foreign data wrapper by user oid, foreign data wrapper name
function|3003|user privilege on foreign data wrapper by user oid, foreign data wrapper oid
function|3004|current user privilege on foreign data wrapper by foreign data wrapper name
function|3005|current user privilege on foreign data wrapper by foreign data wrapper oid
function|3006|user privilege on server by username, server name
function|3007|user privilege on server by username, server oid
function|3008|user privilege on server by user oid, server name
function|3009|user privilege on server by user oid, server oid
function|3010|current user privilege on server by server name
function|3011|current user privilege on server by server oid
function|3012|user privilege on column by username, rel name, col name
function|3013|user privilege on column by username, rel name, col attnum
function|3014|user privilege on column by username, rel oid, col name
function|3015|user privilege on column by username, rel oid, col attnum
function|3016|user privilege on column by user oid, rel name, col name
function|3017|user privilege on column by user oid, rel name, col attnum
function|3018|user privilege on column by user oid, rel oid, col name
function|3019|user privilege on column by user oid, rel oid, col attnum
function|3020|current user privilege on column by rel name, col name
function|3021|current user privilege on column by rel name, col attnum
function|3022|current user privilege on column by rel oid, col name
function|3023|current user privilege on column by rel oid, col attnum
function|3024|user privilege on any column by username, rel name
function|3025|user privilege on any column by username, rel oid
function|3026|user privilege on any column by user oid, rel name
function|3027|user privilege on any column by user oid, rel oid
function|3028|current user privilege on any column by rel name
function|3029|current user privilege on any column by rel oid
function|3030 3031|substitute portion of bitstring
function|3034|file path of relation
function|3035|get the channels that the current backend listens to
function|3036|send a notification event
function|3037|statistics: number of scans done for table/index in current transaction
function|3038|statistics: number of tuples read by seqscan in current transaction
function|3039|statistics: number of tuples fetched by idxscan in current transaction
function|3040|statistics: number of tuples inserted in current transaction
function|3041|statistics: number of tuples updated in current transaction
function|3042|statistics: number of tuples deleted in current transaction
function|3043|statistics: number of tuples hot updated in current transaction
function|3044|statistics: number of blocks fetched in current transaction
function|3045|statistics: number of blocks found in cache in current transaction
function|3046|statistics: number of function calls in current transaction
function|3047|statistics: total execution time of function in current transaction, in milliseconds
function|3048|statistics: self execution time of function in current transaction, in milliseconds
function|3049|test XML value against XPath expression, with namespace support
function|3051|determine if a string is well formed XML
function|3052|determine if a string is well formed XML document
function|3053|determine if a string is well formed XML content
function|3054|statistics: number of manual vacuums for a table
function|3055|statistics: number of auto vacuums for a table
function|3056|statistics: number of manual analyzes for a table
function|3057|statistics: number of auto analyzes for a table
function|3058|concatenate values
function|3059|concatenate values with separators
function|3060|extract the first n characters
function|3061|extract the last n characters
function|3062|reverse text
function|3063|statistics: number of backend buffer writes that did their own fsync
function|3065|statistics: recovery conflicts in database caused by drop tablespace
function|3066|statistics: recovery conflicts in database caused by relation lock
function|3067|statistics: recovery conflicts in database caused by snapshot expiry
function|3068|statistics: recovery conflicts in database caused by shared buffer pin
function|3069|statistics: recovery conflicts in database caused by buffer deadlock
function|3070|statistics: recovery conflicts in database
function|3071|pause wal replay
function|3072|resume wal replay, if it was paused
function|3073|true if wal replay is paused
function|3074|statistics: last reset for a database
function|3075|statistics: last reset for the bgwriter
function|3076|GIN array support (obsolete)
function|3077 3087 3088 3791 3792|GIN tsvector support (obsolete)
function|3078|sequence parameters, for use by information schema
function|3082|list available extensions
function|3083|list available extension versions
function|3084|list an extension's version update paths
function|3086|flag an extension's table contents to be emitted by pg_dump
function|3097|planner support for varchar length coercion
function|3098|create a named restore point
function|3099|statistics: information about currently active replication
function|3100|row number within partition
function|3101|integer rank with gaps
function|3102|integer rank without gaps
function|3103|fractional rank within partition
function|3104|fractional row number within partition
function|3105|split rows into N groups
function|3106|fetch the preceding row value
function|3107|fetch the Nth preceding row value
function|3108|fetch the Nth preceding row value with default
function|3109|fetch the following row value
function|3110|fetch the Nth following row value
function|3111|fetch the Nth following row value with default
function|3112|fetch the first row value
function|3113|fetch the last row value
function|3114|fetch the Nth row value
function|3129 3130 3131 3132 3133 3134 3135 3136 3137 3255 3283 3300 3328 3331 3332 3333 3359 3435 5033|sort support
function|3138|user privilege on type by username, type name
function|3139|user privilege on type by username, type oid
function|3140|user privilege on type by user oid, type name
function|3141|user privilege on type by user oid, type oid
function|3142|current user privilege on type by type name
function|3143|current user privilege on type by type oid
function|3150|statistics: number of temporary files written
function|3151|statistics: number of bytes in temporary files written
function|3152|statistics: deadlocks detected in database
function|3153|map array to json
function|3154|map array to json with optional pretty printing
function|3155|map row to json
function|3156|map row to json with optional pretty printing
function|3157|planner support for numeric length coercion
function|3158|planner support for varbit length coercion
function|3159|select statement of a view with pretty-printing and specified line wrapping
function|3160|statistics: checkpoint time spent writing buffers to disk, in milliseconds
function|3161|statistics: checkpoint time spent synchronizing buffers to disk, in milliseconds
function|3162|collation of the argument; implementation of the COLLATION FOR expression
function|3163|current trigger depth
function|3165|difference in bytes, given two wal locations
function|3166|convert a numeric to a human readable text using size units
function|3167|remove any occurrences of an element from an array
function|3168|replace any occurrences of an element in an array
function|3169|restriction selectivity for range operators
function|3170|large object seek (64 bit)
function|3171|large object position (64 bit)
function|3172|truncate large object (64 bit)
function|3173|json aggregate transition function
function|3174|json aggregate final function
function|3175|aggregate input into json
function|3176|map input to json
function|3177|statistics: number of tuples changed since last analyze
function|3179|array cardinality
function|3180|json object aggregate transition function
function|3187|less-equal-greater based on byte images
function|3195|statistics: information about WAL archiver
function|3196|json object aggregate final function
function|3197|aggregate input into a json object
function|3198|build a json array from any inputs
function|3199|build an empty json array
function|3200|build a json object from pairwise key/value inputs
function|3201|build an empty json object
function|3202|map text array of key value pairs to json object
function|3203|map text arrays of keys and values to json object
function|3204 3960|get record fields from a json object
function|3205 3961|get set of records with fields from a json array of objects
function|3207|length of jsonb array
function|3208 3932|key value pairs of a jsonb object
function|3209 3490|get record fields from a jsonb object
function|3210|get the type of a jsonb value
function|3217|get value from jsonb with path elements
function|3218|bucket number of operand given a sorted array of bucket lower bounds
function|3219|elements of a jsonb array
function|3261|remove object fields with null values from json
function|3262|remove object fields with null values from jsonb
function|3263 3264|map text array of key value pairs to jsonb object
function|3265|jsonb aggregate transition function
function|3266|jsonb aggregate final function
function|3267|aggregate input into jsonb
function|3268|jsonb object aggregate transition function
function|3269|jsonb object aggregate final function
function|3270|aggregate inputs into jsonb object
function|3271|build a jsonb array from any inputs
function|3272|build an empty jsonb array
function|3273|build a jsonb object from pairwise key/value inputs
function|3274|build an empty jsonb object
function|3277|returns an offset of value in array
function|3278|returns an offset of value in array with start index
function|3279|returns an array of offsets of some value in array
function|3281|number of decimal digits in the fractional part
function|3294|SHOW X as a function, optionally no error for missing variable
function|3295 3827 3828|read bytea from a file
function|3296|get the fraction of the asynchronous notification queue currently in use
function|3298|row security for current context active on table by table oid
function|3299|row security for current context active on table by table name
function|3305|Set part of a jsonb
function|3306|Indented text from jsonb
function|3313|BERNOULLI tablesample method handler
function|3314|SYSTEM tablesample method handler
function|3317|statistics: information about WAL receiver
function|3318|statistics: information about progress of backends running maintenance command
function|3319|delete lexemes that do not have one of the given weights
function|3320|set given weight for given lexemes
function|3321|delete lexeme
function|3322|expand tsvector to set of rows
function|3323|delete given lexemes
function|3326|convert tsvector to array of lexemes
function|3327|build tsvector from array of lexemes
function|3329|show config file settings
function|3330 3820|current wal flush location
function|3334|convert a size in human-readable format with size units into bytes
function|3352|partition key description
function|3353|list files in the log directory
function|3354|list of files in the WAL directory
function|3360 5066|commit status of transaction
function|3376|get array of PIDs of sessions blocking specified backend PID from acquiring a safe snapshot
function|3378|isolationtester support function
function|3382|get identification of SQL object for pg_get_object_address()
function|3383 3384 3385 3386|BRIN minmax support
function|3396 3397|find first match for regexp
function|3400|pg_config binary as a function
function|3401|show pg_hba.conf rules
function|3403|is statistics object visible in search path?
function|3408|partition constraint description
function|3415|extended statistics object description
function|3417 3902|hash a range
function|3419|SHA-224 hash
function|3420|SHA-256 hash
function|3421|SHA-384 hash
function|3422|SHA-512 hash
function|3423|view partition tree tables
function|3424|get top-most partition root parent
function|3425|view ancestors of the partition
function|3426|statistics: checksum failures detected in database
function|3427|details about MCV list items
function|3428|statistics: when last checksum failure was detected in database
function|3432|generate random UUID
function|3434 3648 3649 3650 3651 3652 3653 3654|GiST tsvector support
function|3436|promote standby server
function|3437|restriction selectivity of exact prefix
function|3438|join selectivity of exact prefix
function|3441|pg_controldata general state information as a function
function|3442|pg_controldata checkpoint state information as a function
function|3443|pg_controldata recovery state information as a function
function|3444|pg_controldata init state information as a function
function|3445|import collations from operating system
function|3448|get actual version of collation from operating system
function|3449|convert jsonb to numeric
function|3450|convert jsonb to int2
function|3451|convert jsonb to int4
function|3452|convert jsonb to int8
function|3453|convert jsonb to float4
function|3454|relation OID for filenode and tablespace
function|3457|create new large object with given content
function|3458|read entire large object
function|3459|read large object from offset for length
function|3460|write data at offset
function|3461|construct timestamp
function|3462 3463|construct timestamp with time zone
function|3464|construct interval
function|3465|elements of jsonb array
function|3469 3470 3471 3472 3473|SP-GiST support for quad tree over range
function|3475 3491|get set of records with fields from a jsonb array of objects
function|3476|convert operator name to regoperator
function|3479|convert proname to regprocedure
function|3480 3482 3483 3484 3485 3486 3487 3488 3489|GIN support
function|3492|convert operator name to regoper
function|3493|convert type name to regtype
function|3494|convert proname to regproc
function|3495|convert classname to regclass
function|3526|maximum value of all enum input values
function|3527|minimum value of all enum input values
function|3528|first value of the input enum type
function|3529|last value of the input enum type
function|3530|range between the two given enum values, as an ordered array
function|3531|range of the given enum type, as an ordered array
function|3537|get identification of SQL object
function|3538|concatenate aggregate input into a string
function|3539 3540|format text message
function|3545|concatenate aggregate input into a bytea
function|3546|decrement
function|3547|decrement, ignores second argument
function|3556|convert jsonb to boolean
function|3560|restriction selectivity for network operators
function|3561|join selectivity for network operators
function|3564|maximum value of all inet input values
function|3565|minimum value of all inet input values
function|3566|list objects dropped by the current command
function|3577|emit a textual logical decoding message
function|3578|emit a binary logical decoding message
function|3579|Insert value into a jsonb
function|3581|get commit timestamp of a transaction
function|3582 3584 3586 3587 3588 3589 3590 3591 4083 4101 4390 4391 4545 4546 4547 4548|for use by pg_upgrade
function|3583|get transaction Id, commit timestamp and replication origin of latest transaction commit
function|3623|strip position information
function|3624|set given weight for whole tsvector
function|3672|number of nodes
function|3673|show real useful query for GiST index
function|3684 3685|rewrite tsquery
function|3686|restriction selectivity of tsvector @@ tsquery
function|3687|join selectivity of tsvector @@ tsquery
function|3688|tsvector typanalyze
function|3689 3690|statistics of tsvector column
function|3695 3697 3698 3699 3700 3701|GiST tsquery support
function|3703 3704 3705 3706 3707 3708 3709 3710|relevance
function|3711|number of lexemes
function|3713 3714|get parser's token types
function|3715 3716|parse text to tokens
function|3723|normalize one word by dictionary
function|3743 3744 3754 3755|generate headline
function|3745 3749|transform to tsvector
function|3746 3750|make tsquery
function|3747 3751 5001 5006 5007 5009|transform to tsquery
function|3752 3753|trigger for automatic update of tsvector column
function|3756|is text search parser visible in search path?
function|3757|is text search dictionary visible in search path?
function|3758|is text search configuration visible in search path?
function|3759|get current tsearch configuration
function|3768|is text search template visible in search path?
function|3775|statistics: reset collected statistics shared across the cluster
function|3776|statistics: reset collected statistics for a single table or index in the current database or shared across all databases in the cluster
function|3777|statistics: reset collected statistics for a single function in the current database
function|3778|tablespace location
function|3779|create a physical replication slot
function|3780|drop a replication slot
function|3781|information about replication slots currently in use
function|3782|get changes from replication slot
function|3783|get binary changes from replication slot
function|3784|peek at changes from replication slot
function|3785|peek at binary changes from replication slot
function|3786|set up a logical replication slot
function|3787|map input to jsonb
function|3788|statistics: timestamp of the current statistics snapshot
function|3789|clean up GIN pending list
function|3790|GiST tsvector support (obsolete)
function|3793|GiST tsquery support (obsolete)
function|3795 3796 3797 3798 3799|SP-GiST support
function|3800 3801|current logging collector file location
function|3808|function argument default
function|3809|export a snapshot
function|3810|true if server is in recovery
function|3811|convert int4 to money
function|3812|convert int8 to money
function|3815|is collation visible in search path?
function|3816|array typanalyze
function|3817|restriction selectivity for array-containment operators
function|3818|join selectivity for array-containment operators
function|3819|view members of a multixactid
function|3821|last wal replay location
function|3823|convert money to numeric
function|3824|convert numeric to money
function|3829|is opfamily visible in search path?
function|3830|timestamp of last replay xact
function|3839|get machine-parseable identification of SQL object
function|3840 3841|int4range constructor
function|3842|is a relation insertable/updatable/deletable
function|3843|is a column updatable
function|3844 3845|numrange constructor
function|3846|construct date
function|3847|construct time
function|3848|lower bound of range
function|3849|upper bound of range
function|3850|is the range empty?
function|3851|is the range's lower bound inclusive?
function|3852|is the range's upper bound inclusive?
function|3853|is the range's lower bound infinite?
function|3854|is the range's upper bound infinite?
function|3878|advance logical replication slot
function|3914|convert an int4 range to canonical form
function|3915|convert a date range to canonical form
function|3916|range typanalyze
function|3917|planner support for timestamp length coercion
function|3918|planner support for interval length coercion
function|3922|float8 difference of two int4 values
function|3923|float8 difference of two int8 values
function|3924|float8 difference of two numeric values
function|3925|float8 difference of two date values
function|3928|convert an int8 range to canonical form
function|3929|float8 difference of two timestamp values
function|3930|float8 difference of two timestamp with time zone values
function|3931|get jsonb object keys
function|3933 3934|tsrange constructor
function|3935|sleep for the specified interval
function|3936|sleep until the specified time
function|3937 3938|tstzrange constructor
function|3939|age of a multi-transaction ID, in multi-transactions before current multi-transaction
function|3940|get value from jsonb as text with path elements
function|3941 3942|daterange constructor
function|3943|show hardwired default privileges, primarily for use by the information schema
function|3944|planner support for time length coercion
function|3945 3946|int8range constructor
function|3951|get value from json with path elements
function|3952 3999|brin: standalone scan new table pages
function|3953|get value from json as text with path elements
function|3954|get OID-based object address from name/args arrays
function|3955 3958 3959|key value pairs of a json object
function|3956|length of json array
function|3957|get json object keys
function|3968|get the type of a json value
function|3969|elements of json array
function|3972|discrete percentile
function|3974 3976|continuous distribution percentile
function|3978|multiple discrete percentiles
function|3980 3982|multiple continuous percentiles
function|3984|most common value
function|3986|rank of hypothetical row
function|3988|fractional rank of hypothetical row
function|3990|cumulative distribution of hypothetical row
function|3992|rank of hypothetical row without gaps
function|3994 3995|planner support for generate_series
function|3996|planner support for array_unnest
function|4005|jsonpath exists test
function|4006|jsonpath query
function|4007|jsonpath query wrapped into array
function|4008|jsonpath query first item
function|4009|jsonpath match
function|4014|brin: desummarize page range
function|4018 4019 4020 4021|SP-GiST support for quad tree over point
function|4022|SP-GiST support for quad tree and k-d tree over point
function|4023 4024 4025 4026|SP-GiST support for k-d tree over point
function|4027 4028 4029 4030 4031|SP-GiST support for radix tree over text
function|4032|sequence last value
function|4057|the smallest range which includes both of the given ranges
function|4063|the smallest network which includes both of the given networks
function|4067|bounding box of two boxes
function|4071|are the addresses from the same family?
function|4086|convert namespace name to regnamespace
function|4091|convert point to empty box
function|4093|convert role name to regrole
function|4099|rotate log file - old version for adminpack 1.0
function|4100|read text from a file - old version for adminpack 1.0
function|4105 4106 4107 4108|BRIN inclusion support
function|4112|MACADDR8 manufacturer fields
function|4123|convert macaddr to macaddr8
function|4124|convert macaddr8 to macaddr
function|4125|set 7th bit in macaddr8
function|4126 4127 4128 4129 4130 4131 4132 4133 4134 4135 4136 4137 4138 4139 4140 4141|window RANGE support
function|4189|maximum value of all pg_lsn input values
function|4190|minimum value of all pg_lsn input values
function|4195|convert classname to regcollation
function|4201 4202 4203 4204|generate headline from jsonb
function|4205 4206 4207 4208|generate headline from json
function|4209 4211|transform string values from jsonb to tsvector
function|4210 4212|transform string values from json to tsvector
function|4213 4214|transform specified values from jsonb to tsvector
function|4215 4216|transform specified values from json to tsvector
function|4220|copy a physical replication slot, changing temporality
function|4221|copy a physical replication slot
function|4222|copy a logical replication slot, changing temporality and plugin
function|4223|copy a logical replication slot, changing temporality
function|4224|copy a logical replication slot
function|4228|the smallest range which includes the whole multirange
function|4235|lower bound of multirange
function|4236|upper bound of multirange
function|4237|is the multirange empty?
function|4238|is the multirange's lower bound inclusive?
function|4239|is the multirange's upper bound inclusive?
function|4240|is the multirange's lower bound infinite?
function|4241|is the multirange's upper bound infinite?
function|4242|multirange typanalyze
function|4243|restriction selectivity for multirange operators
function|4278 4279|hash a multirange
function|4280 4281 4282|int4multirange constructor
function|4283 4284 4285|nummultirange constructor
function|4286 4287 4288|tsmultirange constructor
function|4289 4290 4291|tstzmultirange constructor
function|4292 4293 4294|datemultirange constructor
function|4295 4296 4297|int8multirange constructor
function|4298|anymultirange cast
function|4301 6227|combine aggregate input into a multirange
function|4302|internal conversion function for KOI8R to MULE_INTERNAL
function|4303|internal conversion function for MULE_INTERNAL to KOI8R
function|4304|internal conversion function for ISO-8859-5 to MULE_INTERNAL
function|4305|internal conversion function for MULE_INTERNAL to ISO-8859-5
function|4306|internal conversion function for WIN1251 to MULE_INTERNAL
function|4307|internal conversion function for MULE_INTERNAL to WIN1251
function|4308|internal conversion function for WIN866 to MULE_INTERNAL
function|4309|internal conversion function for MULE_INTERNAL to WIN866
function|4310|internal conversion function for KOI8R to WIN1251
function|4311|internal conversion function for WIN1251 to KOI8R
function|4312|internal conversion function for KOI8R to WIN866
function|4313|internal conversion function for WIN866 to KOI8R
function|4314|internal conversion function for WIN866 to WIN1251
function|4315|internal conversion function for WIN1251 to WIN866
function|4316|internal conversion function for ISO-8859-5 to KOI8R
function|4317|internal conversion function for KOI8R to ISO-8859-5
function|4318|internal conversion function for ISO-8859-5 to WIN1251
function|4319|internal conversion function for WIN1251 to ISO-8859-5
function|4320|internal conversion function for ISO-8859-5 to WIN866
function|4321|internal conversion function for WIN866 to ISO-8859-5
function|4322|internal conversion function for EUC_CN to MULE_INTERNAL
function|4323|internal conversion function for MULE_INTERNAL to EUC_CN
function|4324|internal conversion function for EUC_JP to SJIS
function|4325|internal conversion function for SJIS to EUC_JP
function|4326|internal conversion function for EUC_JP to MULE_INTERNAL
function|4327|internal conversion function for SJIS to MULE_INTERNAL
function|4328|internal conversion function for MULE_INTERNAL to EUC_JP
function|4329|internal conversion function for MULE_INTERNAL to SJIS
function|4330|internal conversion function for EUC_KR to MULE_INTERNAL
function|4331|internal conversion function for MULE_INTERNAL to EUC_KR
function|4332|internal conversion function for EUC_TW to BIG5
function|4333|internal conversion function for BIG5 to EUC_TW
function|4334|internal conversion function for EUC_TW to MULE_INTERNAL
function|4335|internal conversion function for BIG5 to MULE_INTERNAL
function|4336|internal conversion function for MULE_INTERNAL to EUC_TW
function|4337|internal conversion function for MULE_INTERNAL to BIG5
function|4338|internal conversion function for LATIN2 to MULE_INTERNAL
function|4339|internal conversion function for MULE_INTERNAL to LATIN2
function|4340|internal conversion function for WIN1250 to MULE_INTERNAL
function|4341|internal conversion function for MULE_INTERNAL to WIN1250
function|4342|internal conversion function for LATIN2 to WIN1250
function|4343|internal conversion function for WIN1250 to LATIN2
function|4344|internal conversion function for LATIN1 to MULE_INTERNAL
function|4345|internal conversion function for MULE_INTERNAL to LATIN1
function|4346|internal conversion function for LATIN3 to MULE_INTERNAL
function|4347|internal conversion function for MULE_INTERNAL to LATIN3
function|4348|internal conversion function for LATIN4 to MULE_INTERNAL
function|4349|internal conversion function for MULE_INTERNAL to LATIN4
function|4350|Unicode normalization
function|4351|check Unicode normalization
function|4352|internal conversion function for BIG5 to UTF8
function|4353|internal conversion function for UTF8 to BIG5
function|4354|internal conversion function for UTF8 to KOI8R
function|4355|internal conversion function for KOI8R to UTF8
function|4356|internal conversion function for UTF8 to KOI8U
function|4357|internal conversion function for KOI8U to UTF8
function|4358|internal conversion function for UTF8 to WIN
function|4359|internal conversion function for WIN to UTF8
function|4360|internal conversion function for EUC_CN to UTF8
function|4361|internal conversion function for UTF8 to EUC_CN
function|4362|internal conversion function for EUC_JP to UTF8
function|4363|internal conversion function for UTF8 to EUC_JP
function|4364|internal conversion function for EUC_KR to UTF8
function|4365|internal conversion function for UTF8 to EUC_KR
function|4366|internal conversion function for EUC_TW to UTF8
function|4367|internal conversion function for UTF8 to EUC_TW
function|4368|internal conversion function for GB18030 to UTF8
function|4369|internal conversion function for UTF8 to GB18030
function|4370|internal conversion function for GBK to UTF8
function|4371|internal conversion function for UTF8 to GBK
function|4372|internal conversion function for UTF8 to ISO-8859 2-16
function|4373|internal conversion function for ISO-8859 2-16 to UTF8
function|4374|internal conversion function for LATIN1 to UTF8
function|4375|internal conversion function for UTF8 to LATIN1
function|4376|internal conversion function for JOHAB to UTF8
function|4377|internal conversion function for UTF8 to JOHAB
function|4378|internal conversion function for SJIS to UTF8
function|4379|internal conversion function for UTF8 to SJIS
function|4380|internal conversion function for UHC to UTF8
function|4381|internal conversion function for UTF8 to UHC
function|4382|internal conversion function for EUC_JIS_2004 to UTF8
function|4383|internal conversion function for UTF8 to EUC_JIS_2004
function|4384|internal conversion function for SHIFT_JIS_2004 to UTF8
function|4385|internal conversion function for UTF8 to SHIFT_JIS_2004
function|4386|internal conversion function for EUC_JIS_2004 to SHIFT_JIS_2004
function|4387|internal conversion function for SHIFT_JIS_2004 to EUC_JIS_2004
function|4388 4389 4401 4450|range aggregate by intersecting
function|4543|log memory contexts of the specified backend
function|4551|for use by pg_upgrade (per-attribute versions)
function|4566|return Oid of the table getting rewritten
function|4567|return reason code for table getting rewritten
function|4568|list DDL actions being executed by the current command
function|4591 4592 4593 4594 4595|BRIN bloom support
function|4616 4617 4618 4619 4620|BRIN multi minmax support
function|4621|BRIN multi minmax int2 distance
function|4622|BRIN multi minmax int4 distance
function|4623|BRIN multi minmax int8 distance
function|4624|BRIN multi minmax float4 distance
function|4625|BRIN multi minmax float8 distance
function|4626|BRIN multi minmax numeric distance
function|4627|BRIN multi minmax tid distance
function|4628|BRIN multi minmax uuid distance
function|4629|BRIN multi minmax date distance
function|4630|BRIN multi minmax time distance
function|4631|BRIN multi minmax interval distance
function|4632|BRIN multi minmax timetz distance
function|4633|BRIN multi minmax pg_lsn distance
function|4634|BRIN multi minmax macaddr distance
function|4635|BRIN multi minmax macaddr8 distance
function|4636|BRIN multi minmax inet distance
function|4637|BRIN multi minmax timestamp distance
function|5004|phrase-concatenate with distance
function|5010|SP-GiST support for quad tree over 2-D types represented by their bounding boxes
function|5011|SP-GiST support for quad tree over polygons
function|5012 5013 5014 5015 5016|SP-GiST support for quad tree over box
function|5028|hash partition CHECK constraint
function|5029 5030|list files in the pgsql_tmp directory
function|5031|list of files in the archive_status directory
function|5040|restriction selectivity for generic matching operators
function|5041|join selectivity for generic matching operators
function|5042|minimum scale needed to represent the value
function|5043|numeric with minimum scale needed to represent the value
function|5044 5045 5048|greatest common divisor
function|5046 5047 5049|least common multiple
function|5050 5051|equal image
function|5052|allocations from the main shared memory segment
function|5053|statistics: number of tuples inserted since last vacuum
function|5054|Set part of a jsonb, handle NULL value
function|5064|get set of in-progress transactions in snapshot
function|5065|is xid8 visible in snapshot?
function|5071|convert xid8 to xid
function|5099|maximum value of all xid8 input values
function|5100|minimum value of all xid8 input values
function|6003|create a replication origin
function|6004|drop replication origin identified by its name
function|6005|translate the replication origin's name to its id
function|6006|configure session to maintain replication progress tracking for the passed in origin
function|6007|teardown configured replication progress tracking
function|6008|is a replication origin configured in this session
function|6009|get the replication progress of the current session
function|6010|setup the transaction's origin lsn and timestamp
function|6011|reset the transaction's origin lsn and timestamp
function|6012|advance replication origin to specific location
function|6013|get an individual replication origin's replication progress
function|6014|get progress for all replication origins
function|6098|jsonb subscripting logic
function|6103|convert numeric to pg_lsn
function|6118|statistics: information about subscription
function|6119|get information of tables in a publication
function|6120|oid of replica identity index if any
function|6121|returns whether a relation can be part of a publication
function|6159|list of catalog foreign key relationships
function|6162 6163|number of set bits
function|6164|bitwise-xor smallint aggregate
function|6165|bitwise-xor integer aggregate
function|6166|bitwise-xor bigint aggregate
function|6167|bitwise-xor bit aggregate
function|6168|get commit timestamp and replication origin of a transaction
function|6169|statistics: information about replication slot
function|6170|statistics: reset collected statistics for a single replication slot
function|6172|remove last N elements of array
function|6173|extended statistics expressions
function|6174|extended statistics columns
function|6177|bin timestamp into specified interval
function|6178|bin timestamp with time zone into specified interval
function|6179|standard array subscripting support
function|6180|raw array subscripting support
function|6183|debug function for text search configuration
function|6184|debug function for current text search configuration
function|6185|statistics: session time, in milliseconds
function|6186|statistics: session active time, in milliseconds
function|6187|statistics: session idle in transaction time, in milliseconds
function|6188|statistics: total number of sessions
function|6189|statistics: number of sessions disconnected by the client closing the network connection
function|6190|statistics: number of sessions disconnected by fatal errors
function|6191|statistics: number of sessions killed by administrative action
function|6195|trim selected bytes from left end of string
function|6196|trim selected bytes from right end of string
function|6197|function SQL body
function|6198|unescape Unicode characters
function|6205|user privilege on parameter by username, parameter name
function|6206|user privilege on parameter by user oid, parameter name
function|6207|current user privilege on parameter by parameter name
function|6224|get resource managers loaded in system
function|6230|statistics: check if a stats object exists
function|6231|statistics: information about subscription stats
function|6232|statistics: reset collected statistics for a single subscription
function|6233|planner support for row_number run condition
function|6234|planner support for rank run condition
function|6235|planner support for dense rank run condition
function|6236|planner support for count run condition
function|6240|return flags for specified GUC
function|6241|stop making pinned objects during initdb
function|6242|planner support for text_starts_with
function|6248|statistics: information about WAL prefetching
function|6249|get actual version of database collation from operating system
function|6250|show pg_ident.conf mappings
function|6254 6255 6256|count regexp matches
function|6257 6258 6259 6260 6261 6262|position of regexp match
function|6263 6264|test for regexp match
function|6265 6266 6267 6268 6269|extract substring that matches regexp
function|6270|list of files in the pg_logical/snapshots directory
function|6271|list of files in the pg_logical/mappings directory
function|6272|list of files in the pg_replslot/slot_name directory
language|12|built-in functions
language|13|dynamically-loaded C functions
language|14|SQL-language functions
operator|15 91 92 93 94 96 98 254 260 352 353 385 387 410 416 532 533 607 620 649 670 792 900 974 1054 1070 1093 1108 1120 1130 1201 1220 1320 1330 1535 1550 1616 1752 1784 1804 1862 1868 1955 2060 2347 2360 2373 2386 2536 2542 2860 2972 2988 3222 3240 3362 3516 3629 3676 3882 5068|equal
operator|36 85 259 265 402 411 417 518 519 531 538 539 608 621 630 643 644 671 713 901 1057 1071 1094 1109 1121 1131 1202 1221 1321 1331 1551 1586 1753 1785 1805 1863 1869 1956 2061 2350 2363 2376 2389 2539 2545 2861 2973 2989 3223 3241 3315 3316 3363 3517 3630 3677 3883 5072|not equal
operator|37 58 95 97 255 261 412 418 534 535 609 622 631 645 660 664 672 793 902 1058 1072 1095 1110 1122 1132 1203 1222 1322 1332 1552 1754 1786 1806 1864 1870 1957 2062 2314 2326 2345 2358 2371 2384 2534 2540 2799 2862 2974 2990 3190 3224 3242 3364 3518 3627 3674 3884 5073|less than
operator|59 76 258 264 413 419 520 521 536 537 610 623 633 646 662 666 674 794 903 1060 1073 1097 1112 1123 1133 1205 1224 1324 1334 1554 1756 1787 1807 1865 1871 1959 2064 2318 2330 2349 2362 2375 2388 2538 2544 2800 2865 2975 2991 3191 3225 3243 3366 3519 3632 3679 3887 5074|greater than
operator|80 256 262 414 420 522 523 540 541 611 624 632 647 661 665 673 795 904 1059 1074 1096 1111 1124 1134 1204 1223 1323 1333 1553 1694 1755 1788 1808 1866 1872 1958 2063 2315 2327 2346 2359 2372 2385 2535 2541 2801 2863 2976 2992 3192 3226 3244 3365 3520 3628 3675 3885 5075|less than or equal
operator|82 257 263 415 430 524 525 542 543 612 625 634 648 663 667 675 796 905 1061 1075 1098 1113 1125 1135 1206 1225 1325 1335 1555 1695 1757 1789 1809 1867 1873 1960 2065 2317 2329 2348 2361 2374 2387 2537 2543 2802 2864 2977 2993 3193 3227 3245 3367 3521 3631 3678 3886 5076|greater than or equal
operator|349|append element onto end of array
operator|374|prepend element onto front of array
operator|375 654 735 1797 2018 2779 2780 3284 3633|concatenate
operator|433 490 498 755 757 759 968 1511 2751 2869 2870 2871 3246 3693 3889 3890 4539|contains
operator|439 529 530 1762|modulus
operator|473 590 595 682 773 1763|absolute value
operator|484 558 559 584 585 1336 1751|negate
operator|485 493 507 1506 3893 4395 4396 4397|is left of
operator|486 494 1507 2875 2876 2877 3895|overlaps or is left of
operator|487 495 1508 3585 3896 4035 4142|overlaps or is right of
operator|488 496 508 1509 3894 4398 4399 4400|is right of
operator|489 497 756 758 1510 1547 1549 2752 2872 2873 2874 3250 3694 3891 3892 4540|is contained by
operator|491 499 510 1512|same as
operator|492 500 1513 2750 2866 2867 2868 3888|overlaps
operator|501 1505|greater than or equal by area
operator|502 1503|greater than by area
operator|503 1500|equal by area
operator|504 1502|less than by area
operator|505 1504|less than or equal by area
operator|506|deprecated, use |>> instead
operator|509|deprecated, use <<| instead
operator|511|point inside box
operator|512|point within closed path, or point on open path
operator|513 969 971 1420|center of
operator|514 526 544 545 589 594 686 690 694 820 824 843 845 908 912 914 916 917 918 1119 1129 1518 1583 1584 1760 3346 3349|multiply
operator|517 606 613 614 615 616 617 618 706 707 708 709 712 760 761 762 763 784 1383 1520 1522 1523 3276 3289 3291|distance between
operator|527 528 546 547 588 593 687 691 695 821 825 844 909 913 915 1118 1128 1519 1585 1761 3347 3825|divide
operator|550 551 552 553 586 591 684 688 692 818 822 906 1076 1100 1116 1126 1327 1337 1516 1758 1800 1802 1849 2066 2551 2552 2553 2554 2555 2637 2638 5025 5026|add
operator|554 555 556 557 587 592 685 689 693 819 823 907 1077 1099 1101 1117 1127 1328 1329 1338 1399 1517 1759 1801 1803 2067 2068 2639 2640 5027|subtract
operator|596|square root
operator|597|cube root
operator|639 641 1055|matches regular expression, case-sensitive
operator|640 642 1056|does not match regular expression, case-sensitive
operator|731|add points (translate)
operator|732|subtract points (translate)
operator|733|multiply points (scale/rotate)
operator|734|divide points (scale/rotate)
operator|736|add (translate path)
operator|737|subtract (translate path)
operator|738|multiply (rotate/scale path)
operator|739|divide (rotate/scale path)
operator|797 1521|number of points
operator|798 1525 1537 1538 1539 1611|intersect
operator|799|sum of path segment lengths
operator|800|is above (allows touching)
operator|801|is below (allows touching)
operator|802|deprecated, use && instead
operator|803|box intersection
operator|804|add point to box (translate)
operator|805|subtract point from box (translate)
operator|806|multiply box by point (scale)
operator|807|divide box by point (scale)
operator|808|horizontally aligned
operator|809|vertically aligned
operator|931|is subnet
operator|932|is subnet or equal
operator|933|is supernet
operator|934|is supernet or equal
operator|965 1038|exponentiation
operator|966|add/update ACL item
operator|967|remove ACL item
operator|1207 1209 1211 2016|matches LIKE expression
operator|1208 1210 1212 2017|does not match LIKE expression
operator|1226 1228 1234|matches regular expression, case-insensitive
operator|1227 1229 1235|does not match regular expression, case-insensitive
operator|1360|convert date and time to timestamp
operator|1361|convert date and time with time zone to timestamp with time zone
operator|1363|convert time and date to timestamp
operator|1366|convert time with time zone and date to timestamp with time zone
operator|1501|not equal by area
operator|1514 2573 2577 4161|is above
operator|1515 2570 2574 4162|is below
operator|1526 1612|parallel
operator|1527 1613|perpendicular
operator|1528 1614|horizontal
operator|1529 1615|vertical
operator|1536 1617|intersection point
operator|1546|point on line
operator|1548|lseg on line
operator|1557 1558 1559 1567 1577 1578|closest point to A on B
operator|1587|less than by length
operator|1588|less than or equal by length
operator|1589|greater than by length
operator|1590|greater than or equal by length
operator|1591|distance between endpoints
operator|1625 1627 1629|matches LIKE expression, case-insensitive
operator|1626 1628 1630|does not match LIKE expression, case-insensitive
operator|1791 1874 1880 1886 2635 3148 3369|bitwise and
operator|1792 1875 1881 1887 2636 3149 3370|bitwise or
operator|1793 1876 1882 1888|bitwise exclusive or
operator|1794 1877 1883 1889 2634 3147 3368|bitwise not
operator|1795 1878 1884 1890|bitwise shift left
operator|1796 1879 1885 1891|bitwise shift right
operator|1916 1917 1918 1919 1920 1921|unary plus
operator|2571 2575 2589|overlaps or is below
operator|2572 2576 2590|overlaps or is above
operator|3188|identical
operator|3189|not identical
operator|3206|get value from jsonb as text with path elements
operator|3211|get jsonb object field
operator|3212|get jsonb array element
operator|3213|get value from jsonb with path elements
operator|3228|minus
operator|3247|key exists
operator|3248|any key exists
operator|3249|all keys exist
operator|3285|delete object field
operator|3286|delete array element
operator|3287|delete path
operator|3398|delete object fields
operator|3477|get jsonb object field as text
operator|3481|get jsonb array element as text
operator|3552|overlaps (is subnet or supernet)
operator|3636 3637 3762 3763|text search match
operator|3660 3661|deprecated, use @@ instead
operator|3680|AND-concatenate
operator|3681|OR-concatenate
operator|3682|NOT tsquery
operator|3877|starts with
operator|3897 4179 4180 4198|is adjacent to
operator|3898|range union
operator|3899|range difference
operator|3900|range intersection
operator|3962|get json object field
operator|3963|get json object field as text
operator|3964|get json array element
operator|3965|get json array element as text
operator|3966|get value from json with path elements
operator|3967|get value from json as text with path elements
operator|4012|jsonpath exists
operator|4013|jsonpath match
operator|4392|multirange union
operator|4393|multirange minus
operator|4394|multirange intersect
operator|5005|phrase-concatenate
type|16|boolean, 'true'/'false'
type|17|variable-length string, binary values escaped
type|18|single character
type|19|63-byte type for storing system identifiers
type|20|~18 digit integer, 8-byte storage
type|21|-32 thousand to 32 thousand, 2-byte storage
type|22|array of int2, used in system tables
type|23|-2 billion to 2 billion integer, 4-byte storage
type|24|registered procedure
type|25|variable-length string, no limit specified
type|26|object identifier(oid), maximum 4 billion
type|27|(block, offset), physical location of tuple
type|28|transaction id
type|29|command identifier type, sequence in transaction id
type|30|array of oids, used in system tables
type|32|internal type for passing CollectedCommand
type|114|JSON stored as text
type|142|XML content
type|194|string representing an internal node tree
type|325|pseudo-type for the result of an index AM handler function
type|600|geometric point '(x, y)'
type|601|geometric line segment '(pt1,pt2)'
type|602|geometric path '(pt1,...)'
type|603|geometric box '(lower left,upper right)'
type|604|geometric polygon '(pt1,...)'
type|628|geometric line
type|650|network IP address/netmask, network address
type|700|single-precision floating point number, 4-byte storage
type|701|double-precision floating point number, 8-byte storage
type|705|pseudo-type representing an undetermined type
type|718|geometric circle '(center,radius)'
type|774|XX:XX:XX:XX:XX:XX:XX:XX, MAC address
type|790|monetary amounts, $d,ddd.cc
type|829|XX:XX:XX:XX:XX:XX, MAC address
type|869|IP address/netmask, host address, netmask optional
type|1033|access control list
type|1042|char(length), blank-padded string, fixed storage length
type|1043|varchar(length), non-blank-padded string, variable storage length
type|1082|date
type|1083|time of day
type|1114|date and time
type|1184|date and time with time zone
type|1186|@ <number> <units>, time interval
type|1266|time of day with time zone
type|1560|fixed-length bit string
type|1562|variable-length bit string
type|1700|numeric(precision, decimal), arbitrary precision number
type|1790|reference to cursor (portal name)
type|2202|registered procedure (with args)
type|2203|registered operator
type|2204|registered operator (with args)
type|2205|registered class
type|2206|registered type
type|2249|pseudo-type representing any composite type
type|2275|C-style string
type|2276|pseudo-type representing any type
type|2277|pseudo-type representing a polymorphic array type
type|2278|pseudo-type for the result of a function with no real result
type|2279|pseudo-type for the result of a trigger function
type|2280|pseudo-type for the result of a language handler function
type|2281|pseudo-type representing an internal data structure
type|2283|pseudo-type representing a polymorphic base type
type|2776|pseudo-type representing a polymorphic base type that is not an array
type|2950|UUID datatype
type|2970|txid snapshot
type|3115|pseudo-type for the result of an FDW handler function
type|3220|PostgreSQL LSN datatype
type|3310|pseudo-type for the result of a tablesample method function
type|3361|multivariate ndistinct coefficients
type|3402|multivariate dependencies
type|3500|pseudo-type representing a polymorphic base type that is an enum
type|3614|text representation for text search
type|3615|query representation for text search
type|3642|GiST index internal text representation for text search
type|3734|registered text search configuration
type|3769|registered text search dictionary
type|3802|Binary JSON
type|3831|pseudo-type representing a range over a polymorphic base type
type|3838|pseudo-type for the result of an event trigger function
type|3904|range of integers
type|3906|range of numerics
type|3908|range of timestamps without time zone
type|3910|range of timestamps with time zone
type|3912|range of dates
type|3926|range of bigints
type|4072|JSON path
type|4089|registered namespace
type|4096|registered role
type|4191|registered collation
type|4451|multirange of integers
type|4532|multirange of numerics
type|4533|multirange of timestamps without time zone
type|4534|multirange of timestamps with time zone
type|4535|multirange of dates
type|4536|multirange of bigints
type|4537|pseudo-type representing a polymorphic base type that is a multirange
type|4538|pseudo-type representing a multirange over a polymorphic common type
type|4600|BRIN bloom summary
type|4601|BRIN minmax-multi summary
type|5017|multivariate MCV list
type|5038|snapshot
type|5069|full transaction id
type|5077|pseudo-type representing a polymorphic common type
type|5078|pseudo-type representing an array of polymorphic common type elements
type|5079|pseudo-type representing a polymorphic common type that is not an array
type|5080|pseudo-type representing a range over a polymorphic common type
`;
