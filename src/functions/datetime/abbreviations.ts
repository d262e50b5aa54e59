/**
 * Time zone abbreviations: what input reads and what output writes. Facts of PostgreSQL 15's default set and of the IANA tz database (public domain).
 */

/** Abbreviation and minutes east of UTC, or the zone whose rules of the moment say how far. */
const inputFacts = `
acdt 630, acsst 630, acst 570, act -300, acwst 525, adt -180, aedt 660, aesst 660, aest 600, aft 270, akdt -480, akst -540, almst 420,
almt 360, amst Asia/Yerevan, amt -240, anast Asia/Anadyr, anat Asia/Anadyr, arst America/Argentina/Buenos_Aires,
art America/Argentina/Buenos_Aires, ast -240, awsst 540, awst 480, azost 0, azot -60, azst Asia/Baku, azt Asia/Baku, bdst 120, bdt 360,
bnt 480, bort 480, bot -240, bra -180, brst -120, brt -180, bst 60, btt 360, cadt 630, cast 570, cct 480, cdt -300, cest 120, cet 60,
cetdst 120, chadt 825, chast 765, chut 600, ckt Pacific/Rarotonga, clst -180, clt America/Santiago, cot -300, cst -360, cxt 420,
davt Antarctica/Davis, ddut 600, easst Pacific/Easter, east Pacific/Easter, eat 180, edt -240, eest 180, eet 120, eetdst 180, egst 0,
egt -60, est -300, fet 180, fjst 780, fjt 720, fkst Atlantic/Stanley, fkt Atlantic/Stanley, fnst -60, fnt -120, galt -360, gamt -540,
gest Asia/Tbilisi, get Asia/Tbilisi, gft -180, gilt 720, gmt 0, gyt America/Guyana, hkt 480, hst -600, ict 420, idt 180,
iot Indian/Chagos, irkst Asia/Irkutsk, irkt Asia/Irkutsk, irt 210, ist 120, jayt 540, jst 540, kdt 600, kgst 360, kgt Asia/Bishkek,
kost Pacific/Kosrae, krast Asia/Krasnoyarsk, krat Asia/Krasnoyarsk, kst 540, lhdt Australia/Lord_Howe, lhst 630, ligt 600,
lint Pacific/Kiritimati, lkt Asia/Colombo, magst Asia/Magadan, magt Asia/Magadan, mart -570, mawt Antarctica/Mawson, mdt -360, mest 120,
mesz 120, met 60, metdst 120, mez 60, mht 720, mmt 390, mpt 600, msd 240, msk Europe/Moscow, mst -420, must 300, mut 240, mvt 300,
myt 480, ndt -150, nft -210, novst Asia/Novosibirsk, novt Asia/Novosibirsk, npt 345, nst -210, nut Pacific/Niue, nzdt 780, nzst 720,
nzt 720, omsst Asia/Omsk, omst Asia/Omsk, pdt -420, pet -300, petst Asia/Kamchatka, pett Asia/Kamchatka, pgt 600, pht 480, pkst 360,
pkt 300, pmdt -120, pmst -180, pont 660, pst -480, pwt 540, pyst -180, pyt America/Asuncion, ret 240, sadt 630, sast 120, sct 240,
sgt Asia/Singapore, taht -600, tft 300, tjt 300, tkt Pacific/Fakaofo, tmt Asia/Ashgabat, tot 780, trut 600, tvt 720, uct 0, ulast 540,
ulat Asia/Ulaanbaatar, ut 0, utc 0, uyst -120, uyt -180, uzst 360, uzt 300, vet America/Caracas, vlast Asia/Vladivostok,
vlat Asia/Vladivostok, volt Europe/Volgograd, vut 660, wadt 480, wakt 720, wast 420, wat 60, wdt 540, wet 0, wetdst 60, wft 720,
wgst -120, wgt -180, xjt 360, yakst Asia/Yakutsk, yakt Asia/Yakutsk, yapt 600, yekst 360, yekt Asia/Yekaterinburg, z 0, zulu 0
`;

/** Standard time's abbreviation and that of daylight saving time, then the zones that use them. The rest write their offset. */
const outputFacts = `
GMT Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau Africa/Conakry Africa/Dakar Africa/Freetown Africa/Lome Africa/Monrovia Africa/Nouakchott Africa/Ouagadougou Africa/Sao_Tome Africa/Timbuktu America/Danmarkshavn Atlantic/Reykjavik Atlantic/St_Helena Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich GMT GMT+0 GMT-0 GMT0 Greenwich Iceland
EAT Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam Africa/Djibouti Africa/Kampala Africa/Mogadishu Africa/Nairobi Indian/Antananarivo Indian/Comoro Indian/Mayotte
CET Africa/Algiers Africa/Tunis
WAT Africa/Bangui Africa/Brazzaville Africa/Douala Africa/Kinshasa Africa/Lagos Africa/Libreville Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo
CAT Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare Africa/Khartoum Africa/Kigali Africa/Lubumbashi Africa/Lusaka Africa/Maputo Africa/Windhoek
EET Africa/Cairo Africa/Tripoli Egypt Europe/Kaliningrad Libya
CET/CEST Africa/Ceuta Arctic/Longyearbyen Atlantic/Jan_Mayen CET Europe/Amsterdam Europe/Andorra Europe/Belgrade Europe/Berlin Europe/Bratislava Europe/Brussels Europe/Budapest Europe/Busingen Europe/Copenhagen Europe/Gibraltar Europe/Ljubljana Europe/Luxembourg Europe/Madrid Europe/Malta Europe/Monaco Europe/Oslo Europe/Paris Europe/Podgorica Europe/Prague Europe/Rome Europe/San_Marino Europe/Sarajevo Europe/Skopje Europe/Stockholm Europe/Tirane Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Warsaw Europe/Zagreb Europe/Zurich Poland
SAST Africa/Johannesburg Africa/Maseru Africa/Mbabane
CAT/EAT Africa/Juba
HST/HDT America/Adak America/Atka US/Aleutian
AKST/AKDT America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat US/Alaska
AST America/Anguilla America/Antigua America/Aruba America/Barbados America/Blanc-Sablon America/Curacao America/Dominica America/Grenada America/Guadeloupe America/Kralendijk America/Lower_Princes America/Marigot America/Martinique America/Montserrat America/Port_of_Spain America/Puerto_Rico America/Santo_Domingo America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent America/Tortola America/Virgin
EST America/Atikokan America/Cancun America/Cayman America/Coral_Harbour America/Jamaica America/Panama EST Jamaica
CST/CDT America/Bahia_Banderas America/Chicago America/Havana America/Indiana/Knox America/Indiana/Tell_City America/Knox_IN America/Matamoros America/Menominee America/Merida America/Mexico_City America/Monterrey America/North_Dakota/Beulah America/North_Dakota/Center America/North_Dakota/New_Salem America/Rainy_River America/Rankin_Inlet America/Resolute America/Winnipeg CST6CDT Canada/Central Cuba Mexico/General US/Central US/Indiana-Starke
CST America/Belize America/Costa_Rica America/El_Salvador America/Guatemala America/Managua America/Regina America/Swift_Current America/Tegucigalpa Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Macao Asia/Macau Asia/Shanghai Asia/Taipei Canada/Saskatchewan PRC ROC
MST/MDT America/Boise America/Cambridge_Bay America/Chihuahua America/Ciudad_Juarez America/Denver America/Edmonton America/Inuvik America/Mazatlan America/Ojinaga America/Shiprock America/Yellowknife Canada/Mountain MST7MDT Mexico/BajaSur Navajo US/Mountain
MST America/Creston America/Dawson America/Dawson_Creek America/Fort_Nelson America/Hermosillo America/Phoenix America/Whitehorse Canada/Yukon MST US/Arizona
EST/EDT America/Detroit America/Fort_Wayne America/Grand_Turk America/Indiana/Indianapolis America/Indiana/Marengo America/Indiana/Petersburg America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac America/Indianapolis America/Iqaluit America/Kentucky/Louisville America/Kentucky/Monticello America/Louisville America/Montreal America/Nassau America/New_York America/Nipigon America/Pangnirtung America/Port-au-Prince America/Thunder_Bay America/Toronto Canada/Eastern EST5EDT US/East-Indiana US/Eastern US/Michigan
PST/PDT America/Ensenada America/Los_Angeles America/Santa_Isabel America/Tijuana America/Vancouver Canada/Pacific Mexico/BajaNorte PST8PDT US/Pacific
AST/ADT America/Glace_Bay America/Goose_Bay America/Halifax America/Moncton America/Thule Atlantic/Bermuda Canada/Atlantic
NST/NDT America/St_Johns Canada/Newfoundland
AEST/AEDT Antarctica/Macquarie Australia/ACT Australia/Canberra Australia/Currie Australia/Hobart Australia/Melbourne Australia/NSW Australia/Sydney Australia/Tasmania Australia/Victoria
NZST/NZDT Antarctica/McMurdo Antarctica/South_Pole NZ Pacific/Auckland
EET/EEST Asia/Amman Asia/Beirut Asia/Damascus Asia/Famagusta Asia/Gaza Asia/Hebron Asia/Nicosia EET Europe/Athens Europe/Bucharest Europe/Chisinau Europe/Helsinki Europe/Kiev Europe/Kyiv Europe/Mariehamn Europe/Nicosia Europe/Riga Europe/Sofia Europe/Tallinn Europe/Tiraspol Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye
IST Asia/Calcutta Asia/Kolkata
HKT Asia/Hong_Kong Hongkong
WIB Asia/Jakarta Asia/Pontianak
WIT Asia/Jayapura
IST/IDT Asia/Jerusalem Asia/Tel_Aviv Israel
PKT Asia/Karachi
WITA Asia/Makassar Asia/Ujung_Pandang
PST Asia/Manila
KST Asia/Pyongyang Asia/Seoul ROK
JST Asia/Tokyo Japan
WET/WEST Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Europe/Lisbon Portugal WET
ACST/ACDT Australia/Adelaide Australia/Broken_Hill Australia/South Australia/Yancowinna
AEST Australia/Brisbane Australia/Lindeman Australia/Queensland
ACST Australia/Darwin Australia/North
AWST Australia/Perth Australia/West
GMT/IST Eire Europe/Dublin
UTC Etc/UCT Etc/UTC Etc/Universal Etc/Zulu UCT UTC Universal Zulu localtime
GMT/BST Europe/Belfast Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London GB GB-Eire
MSK Europe/Kirov Europe/Moscow Europe/Simferopol Europe/Volgograd W-SU
HST HST Pacific/Honolulu Pacific/Johnston US/Hawaii
MET/MEST MET
ChST Pacific/Guam Pacific/Saipan
SST Pacific/Midway Pacific/Pago_Pago Pacific/Samoa US/Samoa
`;

let inputs: ReadonlyMap<string, number | string> | undefined;
/** Seconds east of UTC, or the name of a zone, of an abbreviation in lower case; undefined when there is none. */
export function readAbbreviation(word: string): number | string | undefined {
  inputs ??= new Map(
    inputFacts
      .trim()
      .split(/,\s+/)
      .map((fact) => {
        const [name, value] = fact.split(" ") as [string, string];
        return [name, /^-?[\d.]+$/.test(value) ? Number(value) * 60 : value];
      }),
  );
  return inputs.get(word);
}

/** Every abbreviation that input reads, in lower case: seconds east of UTC or the name of a zone. */
export function inputAbbreviations(): ReadonlyMap<string, number | string> {
  readAbbreviation("");
  return inputs as ReadonlyMap<string, number | string>;
}
/** The zones that have abbreviations of letters. */
export function namedZones(): string[] {
  return outputFacts
    .trim()
    .split("\n")
    .flatMap((line) => line.split(" ").slice(1));
}

let outputs: ReadonlyMap<string, readonly [standard: string, saving: string]> | undefined;
/** Abbreviations of standard and daylight saving time of a zone, by its name in lower case. */
export function zoneAbbreviations(zone: string): readonly [standard: string, saving: string] | undefined {
  outputs ??= new Map(
    outputFacts
      .trim()
      .split("\n")
      .flatMap((line) => {
        const [names, ...zones] = line.split(" ") as [string, ...string[]];
        const [standard, saving] = names.split("/") as [string, string | undefined];
        return zones.map((zone) => [zone.toLowerCase(), [standard, saving ?? standard]] as const);
      }),
  );
  return outputs.get(zone);
}
