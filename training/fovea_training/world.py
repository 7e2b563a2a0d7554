"""Names of everything that can appear in a picture."""
ITEMS = ("MILK BREAD EGGS RICE TEA COFFEE APPLE CHEESE SOAP JUICE WATER CAKE PASTA SALT SUGAR BUTTER LEMON HONEY "
         "ONION SOUP").split()
SUMS = "TOTAL TAX CASH".split()
KEYS = "ROOM SEAT GATE CODE FLOOR AGE SIZE WEIGHT TRAIN TABLE ORDER UNIT PHONE DATE".split()
NAME_KEY = "NAME"
NAMES = "ANNA BEN CARLA DAVID EMMA FELIX GRACE HUGO IRIS JACK LUCY OSCAR".split()
HEADS = "CAFE MARKET BAKERY KIOSK TICKET PASS PERMIT SALES VISITS".split()
DAYS = "MON TUE WED THU FRI SAT SUN".split()
WORDS = ITEMS + SUMS + KEYS + [NAME_KEY] + NAMES + HEADS + DAYS
WORD_ID = {w: i + 1 for i, w in enumerate(WORDS)}          # 0: none

SHAPES = "star heart moon tree house fish cup car key ball".split()
COLORS = {
    "red": (206, 40, 40), "orange": (242, 140, 28), "yellow": (246, 210, 44), "green": (44, 150, 62),
    "blue": (40, 86, 200), "purple": (128, 60, 170), "pink": (244, 130, 176), "black": (36, 34, 38),
}
COLOR_NAMES = list(COLORS)
KINDS = "receipt form shelf scene chart".split()

#: background colours: name -> RGB (light, so that small dark things are visible on them)
GROUNDS = {
    "white": (246, 245, 241), "gray": (176, 178, 182), "blue": (168, 204, 240), "green": (170, 214, 160),
    "yellow": (247, 232, 164), "pink": (246, 200, 208), "brown": (190, 150, 112),
}
GROUND_NAMES = list(GROUNDS)

CHARS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.:-"
CHAR_ID = {c: i + 1 for i, c in enumerate(CHARS)}           # 0: none
CODE_LETTERS = "BCDFGKLMNPRTVXZ"
MAX_FIELD = 5
