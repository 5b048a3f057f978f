"""Places and names of users: the small vocabularies that text fields are drawn from."""

COUNTRY_SHARES = {
    "China": 0.345,
    "United States": 0.221,
    "Brasil": 0.147,
    "South Korea": 0.053,
    "France": 0.051,
    "United Kingdom": 0.046,
    "Spain": 0.039,
    "Germany": 0.038,
    "Japan": 0.023,
    "Australia": 0.022,
    "Belgium": 0.012,
    "Poland": 0.003,
}

# country, state, city, postal code, latitude, longitude
PLACES = (
    ("China", "Guangdong", "Guangzhou", "510000", "23.12911", "113.264385"),
    ("China", "Guangdong", "Shenzhen", "518000", "22.543096", "114.057865"),
    ("China", "Shanghai", "Shanghai", "200000", "31.230416", "121.473701"),
    ("China", "Beijing", "Beijing", "100000", "39.904211", "116.407395"),
    ("China", "Zhejiang", "Hangzhou", "310000", "30.274084", "120.15507"),
    ("China", "Hebei", "Shijiazhuang", "050000", "38.042307", "114.51486"),
    ("China", "Jiangsu", "Nanjing", "210000", "32.060255", "118.796877"),
    ("China", "Shandong", "Qingdao", "266000", "36.067108", "120.382607"),
    ("China", "Henan", "Zhengzhou", "450000", "34.746599", "113.625368"),
    ("China", "Hunan", "Changsha", "410000", "28.228209", "112.938814"),
    ("United States", "California", "Los Angeles", "90012", "34.052235", "-118.243683"),
    ("United States", "Texas", "Houston", "77002", "29.760427", "-95.369803"),
    ("United States", "Florida", "Miami", "33101", "25.76168", "-80.19179"),
    ("United States", "New York", "New York", "10001", "40.712776", "-74.005974"),
    ("United States", "Illinois", "Chicago", "60601", "41.878114", "-87.629798"),
    ("United States", "Ohio", "Columbus", "43085", "39.961176", "-82.998794"),
    ("Brasil", "São Paulo", "São Paulo", "01000-000", "-23.55052", "-46.633309"),
    ("Brasil", "Minas Gerais", "Belo Horizonte", "30100-000", "-19.916681", "-43.934493"),
    ("Brasil", "Pará", "Ananindeua", "67000-000", "-1.371041", "-48.382411"),
    ("Brasil", "Bahia", "Salvador", "40000-000", "-12.977749", "-38.50163"),
    ("South Korea", "Seoul", "Seoul", "100-011", "37.566535", "126.977969"),
    ("South Korea", "Gyeonggi-do", "Suwon City", "440-050", "37.263573", "127.028601"),
    ("France", "Île-de-France", "Paris", "75001", "48.856614", "2.352222"),
    ("France", "Centre-Val de Loire", "Vierzon", "18100", "47.236015", "2.023467"),
    ("United Kingdom", "England", "London", "EC1A", "51.507351", "-0.127758"),
    ("United Kingdom", "Scotland", "Glasgow", "G1", "55.864237", "-4.251806"),
    ("Spain", "Madrid", "Madrid", "28001", "40.416775", "-3.70379"),
    ("Spain", "Cataluña", "Barcelona", "08001", "41.385064", "2.173403"),
    ("Germany", "Bayern", "München", "80331", "48.135125", "11.581981"),
    ("Germany", "Berlin", "Berlin", "10115", "52.520007", "13.404954"),
    ("Japan", "Tokyo", "Tokyo", "100-0001", "35.689487", "139.691706"),
    ("Australia", "New South Wales", "Sydney", "2000", "-33.86882", "151.209296"),
    ("Belgium", "Brussels", "Brussels", "1000", "50.850346", "4.351721"),
    ("Poland", "Mazowieckie", "Warszawa", "00-001", "52.229676", "21.012229"),
)

WOMEN_NAMES = (
    *("Anna", "Maria", "Julia", "Laura", "Emma", "Sofia", "Grace", "Alice", "Clara", "Nora", "Helen", "Diana"),
    *("Ruth", "Carla", "Elena", "Irene", "Paula", "Rosa", "Sarah", "Linda", "Megan", "Naomi", "Olivia", "Wendy"),
)
MEN_NAMES = (
    *("Adam", "Brian", "Carlos", "David", "Eric", "Felix", "George", "Henry", "Ivan", "James", "Kevin", "Leon"),
    *("Marco", "Nathan", "Oscar", "Paul", "Quinn", "Robert", "Samuel", "Thomas", "Victor", "Walter", "Xavier", "Yuri"),
)
LAST_NAMES = (
    *("Allen", "Baker", "Carter", "Diaz", "Evans", "Fisher", "Garcia", "Hughes", "Ito", "Jensen", "Kim", "Lopez"),
    *("Miller", "Nguyen", "Olsen", "Price", "Quinn", "Ramos", "Silva", "Turner", "Ueda", "Vargas", "Wang", "Young"),
    *("Becker", "Costa", "Dubois", "Ferreira", "Haas", "Kowalski", "Martin", "Novak", "Rossi", "Schmidt", "Zhang"),
)
STREET_KINDS = ("Street", "Avenue", "Lane", "Court", "Square", "Mews", "Terrace", "Crescent", "Row", "Way")
EMAIL_DOMAINS = ("example.com", "example.net", "example.org")
