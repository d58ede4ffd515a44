"""Windows zone names and the IANA names that stand for them.

The table comes from the Unicode CLDR's windowsZones (https://github.com/unicode-org/cldr, Unicode License v3, Copyright
© 2004-2025 Unicode, Inc.): the name of each zone as a whole as Babel 2.18 has it, CLDR 47, the others as tzlocal had
them. Names that the tz database has replaced (Asia/Calcutta, GB, US/Eastern) stand behind their successors, as its
links have them.
"""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Windows name = the IANA name of the zone as a whole, then every other that the same rules are used for.
_TABLE = """
Dateline Standard Time = Etc/GMT+12
UTC-11 = Etc/GMT+11 Pacific/Midway Pacific/Niue Pacific/Pago_Pago Pacific/Samoa US/Samoa
Aleutian Standard Time = America/Adak America/Atka US/Aleutian
Hawaiian Standard Time = Pacific/Honolulu Etc/GMT+10 HST Pacific/Johnston Pacific/Rarotonga Pacific/Tahiti US/Hawaii
Marquesas Standard Time = Pacific/Marquesas
Alaskan Standard Time = America/Anchorage America/Juneau America/Metlakatla America/Nome America/Sitka America/Yakutat
  US/Alaska
UTC-09 = Etc/GMT+9 Pacific/Gambier
Pacific Standard Time (Mexico) = America/Tijuana America/Ensenada America/Santa_Isabel Mexico/BajaNorte
UTC-08 = Etc/GMT+8 Pacific/Pitcairn
Pacific Standard Time = America/Los_Angeles America/Vancouver Canada/Pacific US/Pacific
US Mountain Standard Time = America/Phoenix America/Creston America/Dawson_Creek America/Fort_Nelson
  America/Hermosillo Etc/GMT+7 MST US/Arizona
Mountain Standard Time (Mexico) = America/Mazatlan Mexico/BajaSur
Mountain Standard Time = America/Denver America/Boise America/Cambridge_Bay America/Ciudad_Juarez America/Edmonton
  America/Inuvik America/Shiprock America/Yellowknife Canada/Mountain Navajo US/Mountain
Yukon Standard Time = America/Whitehorse America/Dawson Canada/Yukon
Central America Standard Time = America/Guatemala America/Belize America/Costa_Rica America/El_Salvador
  America/Managua America/Tegucigalpa Etc/GMT+6 Pacific/Galapagos
Central Standard Time = America/Chicago America/Indiana/Knox America/Indiana/Tell_City America/Knox_IN
  America/Matamoros America/Menominee America/North_Dakota/Beulah America/North_Dakota/Center
  America/North_Dakota/New_Salem America/Ojinaga America/Rainy_River America/Rankin_Inlet America/Resolute
  America/Winnipeg Canada/Central US/Central US/Indiana-Starke
Easter Island Standard Time = Pacific/Easter Chile/EasterIsland
Central Standard Time (Mexico) = America/Mexico_City America/Bahia_Banderas America/Chihuahua America/Merida
  America/Monterrey Mexico/General
Canada Central Standard Time = America/Regina America/Swift_Current Canada/Saskatchewan
SA Pacific Standard Time = America/Bogota America/Atikokan America/Cayman America/Coral_Harbour America/Eirunepe
  America/Guayaquil America/Jamaica America/Lima America/Panama America/Porto_Acre America/Rio_Branco Brazil/Acre EST
  Etc/GMT+5 Jamaica
Eastern Standard Time (Mexico) = America/Cancun
Eastern Standard Time = America/New_York America/Detroit America/Indiana/Petersburg America/Indiana/Vincennes
  America/Indiana/Winamac America/Iqaluit America/Kentucky/Louisville America/Kentucky/Monticello America/Louisville
  America/Montreal America/Nassau America/Nipigon America/Pangnirtung America/Thunder_Bay America/Toronto
  Canada/Eastern US/Eastern US/Michigan
Haiti Standard Time = America/Port-au-Prince
Cuba Standard Time = America/Havana Cuba
US Eastern Standard Time = America/Indiana/Indianapolis America/Fort_Wayne America/Indiana/Marengo
  America/Indiana/Vevay America/Indianapolis US/East-Indiana
Turks And Caicos Standard Time = America/Grand_Turk
Paraguay Standard Time = America/Asuncion
Atlantic Standard Time = America/Halifax America/Glace_Bay America/Goose_Bay America/Moncton America/Thule
  Atlantic/Bermuda Canada/Atlantic
Venezuela Standard Time = America/Caracas
Central Brazilian Standard Time = America/Cuiaba America/Campo_Grande
SA Western Standard Time = America/La_Paz America/Anguilla America/Antigua America/Aruba America/Barbados
  America/Blanc-Sablon America/Boa_Vista America/Curacao America/Dominica America/Grenada America/Guadeloupe
  America/Guyana America/Kralendijk America/Lower_Princes America/Manaus America/Marigot America/Martinique
  America/Montserrat America/Port_of_Spain America/Porto_Velho America/Puerto_Rico America/Santo_Domingo
  America/St_Barthelemy America/St_Kitts America/St_Lucia America/St_Thomas America/St_Vincent America/Tortola
  America/Virgin Brazil/West Etc/GMT+4
Pacific SA Standard Time = America/Santiago Chile/Continental
Newfoundland Standard Time = America/St_Johns Canada/Newfoundland
Tocantins Standard Time = America/Araguaina
E. South America Standard Time = America/Sao_Paulo Brazil/East
SA Eastern Standard Time = America/Cayenne America/Belem America/Fortaleza America/Maceio America/Paramaribo
  America/Recife America/Santarem Antarctica/Palmer Antarctica/Rothera Atlantic/Stanley Etc/GMT+3
Argentina Standard Time = America/Argentina/Buenos_Aires America/Argentina/Catamarca America/Argentina/ComodRivadavia
  America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/La_Rioja America/Argentina/Mendoza
  America/Argentina/Rio_Gallegos America/Argentina/Salta America/Argentina/San_Juan America/Argentina/San_Luis
  America/Argentina/Tucuman America/Argentina/Ushuaia America/Buenos_Aires America/Catamarca America/Cordoba
  America/Jujuy America/Mendoza America/Rosario
Greenland Standard Time = America/Nuuk America/Godthab
Montevideo Standard Time = America/Montevideo
Magallanes Standard Time = America/Punta_Arenas
Saint Pierre Standard Time = America/Miquelon
Bahia Standard Time = America/Bahia
UTC-02 = Etc/GMT+2 America/Noronha Atlantic/South_Georgia Brazil/DeNoronha
Azores Standard Time = Atlantic/Azores America/Scoresbysund
Cape Verde Standard Time = Atlantic/Cape_Verde Etc/GMT+1
UTC = UTC Etc/GMT Etc/GMT+0 Etc/GMT-0 Etc/GMT0 Etc/Greenwich Etc/UCT Etc/UTC Etc/Universal Etc/Zulu GMT GMT+0 GMT-0
  GMT0 Greenwich UCT Universal Zulu
GMT Standard Time = Europe/London Atlantic/Canary Atlantic/Faeroe Atlantic/Faroe Atlantic/Madeira Eire Europe/Belfast
  Europe/Dublin Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/Lisbon GB GB-Eire Portugal WET
Greenwich Standard Time = Atlantic/Reykjavik Africa/Abidjan Africa/Accra Africa/Bamako Africa/Banjul Africa/Bissau
  Africa/Conakry Africa/Dakar Africa/Freetown Africa/Lome Africa/Monrovia Africa/Nouakchott Africa/Ouagadougou
  Africa/Timbuktu America/Danmarkshavn Atlantic/St_Helena Iceland
Sao Tome Standard Time = Africa/Sao_Tome
Morocco Standard Time = Africa/Casablanca Africa/El_Aaiun
W. Europe Standard Time = Europe/Berlin Arctic/Longyearbyen Atlantic/Jan_Mayen Europe/Amsterdam Europe/Andorra
  Europe/Busingen Europe/Gibraltar Europe/Luxembourg Europe/Malta Europe/Monaco Europe/Oslo Europe/Rome
  Europe/San_Marino Europe/Stockholm Europe/Vaduz Europe/Vatican Europe/Vienna Europe/Zurich
Central Europe Standard Time = Europe/Budapest Europe/Belgrade Europe/Bratislava Europe/Ljubljana Europe/Podgorica
  Europe/Prague Europe/Tirane
Romance Standard Time = Europe/Paris Africa/Ceuta CET Europe/Brussels Europe/Copenhagen Europe/Madrid MET
Central European Standard Time = Europe/Warsaw Europe/Sarajevo Europe/Skopje Europe/Zagreb Poland
W. Central Africa Standard Time = Africa/Lagos Africa/Algiers Africa/Bangui Africa/Brazzaville Africa/Douala
  Africa/Kinshasa Africa/Libreville Africa/Luanda Africa/Malabo Africa/Ndjamena Africa/Niamey Africa/Porto-Novo
  Africa/Tunis Etc/GMT-1
Jordan Standard Time = Asia/Amman
GTB Standard Time = Europe/Bucharest Asia/Famagusta Asia/Nicosia EET Europe/Athens Europe/Nicosia
Middle East Standard Time = Asia/Beirut
Egypt Standard Time = Africa/Cairo Egypt
E. Europe Standard Time = Europe/Chisinau Europe/Tiraspol
Syria Standard Time = Asia/Damascus
West Bank Standard Time = Asia/Hebron Asia/Gaza
South Africa Standard Time = Africa/Johannesburg Africa/Blantyre Africa/Bujumbura Africa/Gaborone Africa/Harare
  Africa/Kigali Africa/Lubumbashi Africa/Lusaka Africa/Maputo Africa/Maseru Africa/Mbabane Etc/GMT-2
FLE Standard Time = Europe/Kyiv Europe/Helsinki Europe/Kiev Europe/Mariehamn Europe/Riga Europe/Sofia Europe/Tallinn
  Europe/Uzhgorod Europe/Vilnius Europe/Zaporozhye
Israel Standard Time = Asia/Jerusalem Asia/Tel_Aviv Israel
South Sudan Standard Time = Africa/Juba
Kaliningrad Standard Time = Europe/Kaliningrad
Sudan Standard Time = Africa/Khartoum
Libya Standard Time = Africa/Tripoli Libya
Namibia Standard Time = Africa/Windhoek
Arabic Standard Time = Asia/Baghdad
Turkey Standard Time = Europe/Istanbul Asia/Istanbul Turkey
Arab Standard Time = Asia/Riyadh Asia/Aden Asia/Bahrain Asia/Kuwait Asia/Qatar
Belarus Standard Time = Europe/Minsk
Russian Standard Time = Europe/Moscow Europe/Kirov Europe/Simferopol W-SU
E. Africa Standard Time = Africa/Nairobi Africa/Addis_Ababa Africa/Asmara Africa/Asmera Africa/Dar_es_Salaam
  Africa/Djibouti Africa/Kampala Africa/Mogadishu Antarctica/Syowa Etc/GMT-3 Indian/Antananarivo Indian/Comoro
  Indian/Mayotte
Iran Standard Time = Asia/Tehran Iran
Arabian Standard Time = Asia/Dubai Asia/Muscat Etc/GMT-4
Astrakhan Standard Time = Europe/Astrakhan Europe/Ulyanovsk
Azerbaijan Standard Time = Asia/Baku
Russia Time Zone 3 = Europe/Samara
Mauritius Standard Time = Indian/Mauritius Indian/Mahe Indian/Reunion
Saratov Standard Time = Europe/Saratov
Georgian Standard Time = Asia/Tbilisi
Volgograd Standard Time = Europe/Volgograd
Caucasus Standard Time = Asia/Yerevan
Afghanistan Standard Time = Asia/Kabul
West Asia Standard Time = Asia/Tashkent Antarctica/Mawson Asia/Aqtau Asia/Aqtobe Asia/Ashgabat Asia/Ashkhabad
  Asia/Atyrau Asia/Dushanbe Asia/Oral Asia/Samarkand Etc/GMT-5 Indian/Kerguelen Indian/Maldives
Ekaterinburg Standard Time = Asia/Yekaterinburg
Pakistan Standard Time = Asia/Karachi
Qyzylorda Standard Time = Asia/Qyzylorda
India Standard Time = Asia/Kolkata Asia/Calcutta
Sri Lanka Standard Time = Asia/Colombo
Nepal Standard Time = Asia/Kathmandu Asia/Katmandu
Central Asia Standard Time = Asia/Bishkek Antarctica/Vostok Asia/Almaty Asia/Kashgar Asia/Qostanay Asia/Urumqi
  Etc/GMT-6 Indian/Chagos
Bangladesh Standard Time = Asia/Dhaka Asia/Dacca Asia/Thimbu Asia/Thimphu
Omsk Standard Time = Asia/Omsk
Myanmar Standard Time = Asia/Yangon Asia/Rangoon Indian/Cocos
SE Asia Standard Time = Asia/Bangkok Antarctica/Davis Asia/Ho_Chi_Minh Asia/Jakarta Asia/Phnom_Penh Asia/Pontianak
  Asia/Saigon Asia/Vientiane Etc/GMT-7 Indian/Christmas
Altai Standard Time = Asia/Barnaul
W. Mongolia Standard Time = Asia/Hovd
North Asia Standard Time = Asia/Krasnoyarsk Asia/Novokuznetsk
N. Central Asia Standard Time = Asia/Novosibirsk
Tomsk Standard Time = Asia/Tomsk
China Standard Time = Asia/Shanghai Asia/Chongqing Asia/Chungking Asia/Harbin Asia/Hong_Kong Asia/Macao Asia/Macau
  Hongkong PRC
North Asia East Standard Time = Asia/Irkutsk
Singapore Standard Time = Asia/Singapore Asia/Brunei Asia/Kuala_Lumpur Asia/Kuching Asia/Makassar Asia/Manila
  Asia/Ujung_Pandang Etc/GMT-8 Singapore
W. Australia Standard Time = Australia/Perth Australia/West
Taipei Standard Time = Asia/Taipei ROC
Ulaanbaatar Standard Time = Asia/Ulaanbaatar Asia/Choibalsan Asia/Ulan_Bator
Aus Central W. Standard Time = Australia/Eucla
Transbaikal Standard Time = Asia/Chita
Tokyo Standard Time = Asia/Tokyo Asia/Dili Asia/Jayapura Etc/GMT-9 Japan Pacific/Palau
North Korea Standard Time = Asia/Pyongyang
Korea Standard Time = Asia/Seoul ROK
Yakutsk Standard Time = Asia/Yakutsk Asia/Khandyga
Cen. Australia Standard Time = Australia/Adelaide Australia/Broken_Hill Australia/South Australia/Yancowinna
AUS Central Standard Time = Australia/Darwin Australia/North
E. Australia Standard Time = Australia/Brisbane Australia/Lindeman Australia/Queensland
AUS Eastern Standard Time = Australia/Sydney Australia/ACT Australia/Canberra Australia/Melbourne Australia/NSW
  Australia/Victoria
West Pacific Standard Time = Pacific/Port_Moresby Antarctica/DumontDUrville Etc/GMT-10 Pacific/Chuuk Pacific/Guam
  Pacific/Saipan Pacific/Truk Pacific/Yap
Tasmania Standard Time = Australia/Hobart Antarctica/Macquarie Australia/Currie Australia/Tasmania
Vladivostok Standard Time = Asia/Vladivostok Asia/Ust-Nera
Lord Howe Standard Time = Australia/Lord_Howe Australia/LHI
Bougainville Standard Time = Pacific/Bougainville
Russia Time Zone 10 = Asia/Srednekolymsk
Magadan Standard Time = Asia/Magadan
Norfolk Standard Time = Pacific/Norfolk
Sakhalin Standard Time = Asia/Sakhalin
Central Pacific Standard Time = Pacific/Guadalcanal Antarctica/Casey Etc/GMT-11 Pacific/Efate Pacific/Kosrae
  Pacific/Noumea Pacific/Pohnpei Pacific/Ponape
Russia Time Zone 11 = Asia/Kamchatka Asia/Anadyr
New Zealand Standard Time = Pacific/Auckland Antarctica/McMurdo Antarctica/South_Pole NZ
UTC+12 = Etc/GMT-12 Kwajalein Pacific/Funafuti Pacific/Kwajalein Pacific/Majuro Pacific/Nauru Pacific/Tarawa
  Pacific/Wake Pacific/Wallis
Fiji Standard Time = Pacific/Fiji
Chatham Islands Standard Time = Pacific/Chatham NZ-CHAT
UTC+13 = Etc/GMT-13 Pacific/Enderbury Pacific/Fakaofo Pacific/Kanton
Tonga Standard Time = Pacific/Tongatapu
Samoa Standard Time = Pacific/Apia
Line Islands Standard Time = Pacific/Kiritimati Etc/GMT-14
"""

# Zones that Windows has split off since: read where a mailbox names them, but not told to a service that may not know.
_NEWER = {
    "alberta standard time": "America/Edmonton",
    "british columbia standard time": "America/Vancouver",
    "manitoba standard time": "America/Winnipeg",
}


def iana_of(name: str) -> str:
    """The IANA name for a Windows or an IANA name as mailboxes hold them, in any case; '' where it says nothing known.

    Mailbox settings may hold either kind, or `tzone://Microsoft/Custom` and `Customized Time Zone`
    (https://learn.microsoft.com/graph/api/resources/mailboxsettings).
    """
    known = _iana_by_windows().get(name.casefold())
    if known is not None:
        return known
    return name if zone_of(name) is not None else ""


def windows_of(iana: str) -> str:
    """The Windows name for an IANA name; '' where CLDR knows none."""
    return _windows_by_iana().get(iana, "")


def windows_zones() -> tuple[str, ...]:
    """Every Windows name of the table."""
    return tuple(windows for windows, _ in _rows())


@cache
def zone_of(iana: str) -> ZoneInfo | None:
    """The zone's rules; None for a name that this machine does not know."""
    try:
        return ZoneInfo(iana)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _rows() -> tuple[tuple[str, tuple[str, ...]], ...]:
    lines = _TABLE.strip().replace("\n  ", " ").splitlines()
    split = (line.split(" = ") for line in lines)
    return tuple((windows, tuple(names.split())) for windows, names in split)


@cache
def _iana_by_windows() -> dict[str, str]:
    found = {windows.casefold(): names[0] for windows, names in _rows()}
    return found | {"tzone://microsoft/utc": "UTC"} | _NEWER


@cache
def _windows_by_iana() -> dict[str, str]:
    return {name: windows for windows, names in _rows() for name in names}
