"""The names that a large tenant is made of: cities with their zones, buildings, rooms, people, departments."""

# City, code, country, Windows time zone, language, main street, postal code.
CITIES = (
    ("Hamburg", "HAM", "Germany", "W. Europe Standard Time", "de-DE", "Am Sandtorkai", "20457"),
    ("Copenhagen", "CPH", "Denmark", "Romance Standard Time", "en-GB", "Kalvebod Brygge", "1560"),
    ("Paris", "PAR", "France", "Romance Standard Time", "fr-FR", "Quai de Bercy", "75012"),
    ("Chicago", "CHI", "United States", "Central Standard Time", "en-US", "West Wacker Drive", "60606"),
    ("Singapore", "SIN", "Singapore", "Singapore Standard Time", "en-GB", "Robinson Road", "068899"),
    ("Madrid", "MAD", "Spain", "Romance Standard Time", "es-ES", "Paseo de la Castellana", "28046"),
    ("Warsaw", "WAW", "Poland", "Central European Standard Time", "en-GB", "Prosta", "00-838"),
    ("Dublin", "DUB", "Ireland", "GMT Standard Time", "en-GB", "Sir John Rogerson's Quay", "D02 VX27"),
    ("Helsinki", "HEL", "Finland", "FLE Standard Time", "en-GB", "Itämerenkatu", "00180"),
    ("Mumbai", "BOM", "India", "India Standard Time", "en-GB", "Bandra Kurla Road", "400051"),
    ("Seattle", "SEA", "United States", "Pacific Standard Time", "en-US", "Westlake Avenue", "98109"),
    ("Sydney", "SYD", "Australia", "AUS Eastern Standard Time", "en-GB", "Barangaroo Avenue", "2000"),
    ("Tokyo", "TYO", "Japan", "Tokyo Standard Time", "en-US", "Marunouchi", "100-0005"),
    ("Toronto", "YYZ", "Canada", "Eastern Standard Time", "en-US", "Bay Street", "M5J 2T3"),
    ("São Paulo", "SAO", "Brazil", "E. South America Standard Time", "en-US", "Avenida Paulista", "01310-100"),
    ("Denver", "DEN", "United States", "Mountain Standard Time", "en-US", "Wynkoop Street", "80202"),
    ("Cape Town", "CPT", "South Africa", "South Africa Standard Time", "en-GB", "Dock Road", "8001"),
    ("Milan", "MIL", "Italy", "W. Europe Standard Time", "it-IT", "Via Melchiorre Gioia", "20124"),
    ("Utrecht", "UTR", "Netherlands", "W. Europe Standard Time", "nl-NL", "Croeselaan", "3521 BJ"),
    ("Dubai", "DXB", "United Arab Emirates", "Arabian Standard Time", "en-GB", "Sheikh Zayed Road", "00000"),
    ("Boston", "BOS", "United States", "Eastern Standard Time", "en-US", "Seaport Boulevard", "02210"),
    ("Vienna", "VIE", "Austria", "W. Europe Standard Time", "de-DE", "Praterstrasse", "1020"),
    ("Auckland", "AKL", "New Zealand", "New Zealand Standard Time", "en-GB", "Quay Street", "1010"),
    ("Edinburgh", "EDI", "United Kingdom", "GMT Standard Time", "en-GB", "Fountainbridge", "EH3 9QG"),
)  # fmt: skip

BUILDING_STEMS = (
    "Anchor", "Aurora", "Beacon", "Birch", "Bridge", "Canal", "Cedar", "Compass", "Copper", "Crane", "Dock", "Elm",
    "Falcon", "Foundry", "Garden", "Granary", "Harvest", "Heron", "Juniper", "Lantern", "Linden", "Maple", "Market",
    "Meridian", "Mill", "North", "Orchard", "Pavilion", "Quarry", "Riverside", "Saddler", "South", "Station", "Weaver",
)  # fmt: skip
BUILDING_KINDS = ("House", "Yard", "Court", "Point", "Works", "Place", "Wharf", "Hall", "Gate", "Square")

# One theme a building: rooms of a building are told apart by their names alone.
ROOM_THEMES = (
    ("Danube", "Elbe", "Rhine", "Seine", "Volga", "Tagus", "Ebro", "Loire", "Vistula", "Thames", "Oder", "Rhône",
     "Po", "Tiber", "Drava", "Sava", "Main", "Moselle", "Meuse", "Shannon", "Severn", "Tweed", "Glomma", "Kemi"),
    ("Everest", "Matterhorn", "Elbrus", "Kilimanjaro", "Denali", "Fuji", "Olympus", "Etna", "Eiger", "Rigi", "Triglav",
     "Snowdon", "Ben Nevis", "Teide", "Ararat", "Kenya", "Logan", "Rainier", "Hood", "Shasta", "Cook", "Zugspitze"),
    ("Oak", "Alder", "Aspen", "Beech", "Chestnut", "Cypress", "Hawthorn", "Hazel", "Hornbeam", "Larch", "Magnolia",
     "Mulberry", "Olive", "Poplar", "Rowan", "Sequoia", "Spruce", "Sycamore", "Walnut", "Willow", "Yew", "Acacia"),
    ("Vega", "Sirius", "Altair", "Rigel", "Capella", "Polaris", "Antares", "Deneb", "Spica", "Castor", "Pollux", "Mira",
     "Regulus", "Procyon", "Bellatrix", "Alcor", "Mizar", "Electra", "Maia", "Atlas", "Hadar", "Canopus", "Algol"),
    ("Bach", "Mozart", "Chopin", "Grieg", "Sibelius", "Dvořák", "Verdi", "Ravel", "Elgar", "Holst", "Clara Schumann",
     "Nielsen", "Bartók", "Satie", "Haydn", "Brahms", "Purcell", "Handel", "Vivaldi", "Boulanger", "Smyth", "Liszt"),
    ("Heron", "Kestrel", "Swift", "Puffin", "Robin", "Wren", "Lapwing", "Osprey", "Curlew", "Magpie", "Finch", "Avocet",
     "Dipper", "Egret", "Falcon", "Goldcrest", "Jackdaw", "Kingfisher", "Merlin", "Nightingale", "Plover", "Tern"),
    ("Saffron", "Basil", "Thyme", "Rosemary", "Sage", "Mint", "Dill", "Fennel", "Cumin", "Cardamom", "Cinnamon",
     "Coriander", "Ginger", "Nutmeg", "Oregano", "Paprika", "Pepper", "Sumac", "Tarragon", "Turmeric", "Vanilla"),
)  # fmt: skip

FIRST_NAMES = (
    "Ada", "Adam", "Aisha", "Alma", "Amir", "Anna", "Anton", "Arjun", "Astrid", "Ben", "Bianca", "Bruno", "Camille",
    "Carla", "Chen", "Clara", "Dario", "David", "Diego", "Elena", "Elif", "Emil", "Emma", "Erik", "Esther", "Eva",
    "Fatima", "Felix", "Finn", "Freya", "George", "Gina", "Hana", "Hugo", "Ida", "Ines", "Ingrid", "Isaac", "Ivan",
    "Jacob", "Jana", "Jasper", "Joanna", "Jorge", "Julia", "Kaito", "Karim", "Katya", "Kofi", "Lars", "Laura", "Leila",
    "Leon", "Lina", "Lucas", "Lucia", "Malik", "Marco", "Marta", "Mateo", "Max", "Mei", "Mila", "Mohamed", "Nadia",
    "Naomi", "Nils", "Nina", "Noah", "Nora", "Omar", "Oscar", "Paula", "Pavel", "Petra", "Philip", "Quentin", "Rafael",
    "Rania", "Ravi", "Rosa", "Ruben", "Ruth", "Samir", "Sara", "Sven", "Tara", "Theo", "Thomas", "Tina", "Tobias",
    "Uma", "Vera", "Victor", "Wanda", "William", "Yara", "Yuki", "Zoe", "Zara",
)  # fmt: skip
LAST_NAMES = (
    "Abe", "Adeyemi", "Ahmed", "Albrecht", "Almeida", "Andersen", "Araujo", "Baker", "Banerjee", "Barbosa", "Bauer",
    "Becker", "Bell", "Bergman", "Bianchi", "Blanc", "Bosch", "Brandt", "Braun", "Byrne", "Campbell", "Cardoso",
    "Carlsson", "Castro", "Chandra", "Chua", "Clarke", "Colombo", "Costa", "Cruz", "Dahl", "Das", "Davies", "Diaz",
    "Dijkstra", "Dubois", "Dupont", "Ekström", "Eriksen", "Esposito", "Farouk", "Fernandez", "Ferrari", "Fischer",
    "Fontaine", "Foster", "Fraser", "Fujita", "Garcia", "Gomez", "Graham", "Gray", "Gupta", "Haas", "Hansen", "Harris",
    "Hassan", "Hayashi", "Hoffmann", "Holm", "Huang", "Ibrahim", "Ito", "Jansen", "Jensen", "Johansson", "Jones",
    "Kaminski", "Kapoor", "Kaya", "Keller", "Khan", "Kowalski", "Krause", "Kumar", "Lambert", "Larsen", "Lee",
    "Lehmann", "Lin", "Lopez", "Maier", "Marino", "Martin", "Mehta", "Meyer", "Molina", "Moreau", "Morgan", "Murphy",
    "Mwangi", "Nakamura", "Navarro", "Neumann", "Nguyen", "Nielsen", "Novak", "Okoye", "Olsen", "Ortega", "Osman",
    "Park", "Patel", "Pereira", "Petrov", "Pinto", "Popov", "Quinn", "Rahman", "Rao", "Reid", "Reyes", "Ricci",
    "Rivera", "Romano", "Rossi", "Roux", "Ruiz", "Saito", "Santos", "Sato", "Schmidt", "Schneider", "Sharma", "Silva",
    "Singh", "Smit", "Sokolov", "Sousa", "Stein", "Suzuki", "Takahashi", "Tan", "Torres", "Turner", "Ueda", "Varga",
    "Vermeer", "Vogel", "Walker", "Wang", "Weber", "Werner", "White", "Wright", "Wolff", "Yamada", "Yilmaz", "Young",
    "Zhang",
)  # fmt: skip

# Department, and what people in it are called.
DEPARTMENTS = (
    ("Engineering", "Engineer"),
    ("Sales", "Account Manager"),
    ("Customer Care", "Adviser"),
    ("Operations", "Planner"),
    ("Marketing", "Editor"),
    ("Finance", "Accountant"),
    ("People", "People Partner"),
    ("Design", "Designer"),
    ("Legal", "Counsel"),
    ("Workplace", "Workplace Specialist"),
)
