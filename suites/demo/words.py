"""The closed little world that the demo model knows: word lists in English and Korean, and its table of facts."""
import random

ANIMALS = {  # English: Korean
    "bear": "곰", "cat": "고양이", "cow": "소", "crab": "게", "deer": "사슴", "dog": "개", "duck": "오리", "fox": "여우",
    "frog": "개구리", "goat": "염소", "horse": "말", "lion": "사자", "monkey": "원숭이", "mouse": "쥐", "owl": "부엉이",
    "pig": "돼지", "rabbit": "토끼", "sheep": "양", "tiger": "호랑이", "wolf": "늑대",
}
COLORS = {
    "black": "검은색", "blue": "파란색", "brown": "갈색", "gray": "회색", "green": "초록색", "pink": "분홍색",
    "purple": "보라색", "red": "빨간색", "white": "흰색", "yellow": "노란색",
}
FOODS = {
    "apples": "사과", "beans": "콩", "bread": "빵", "carrots": "당근", "cheese": "치즈", "corn": "옥수수", "grapes": "포도",
    "honey": "꿀", "milk": "우유", "walnuts": "호두", "pears": "배", "rice": "쌀",
}
PLACES = {  # each takes "in the" and 에
    "barn": "헛간", "cave": "동굴", "desert": "사막", "field": "들판", "forest": "숲", "garden": "정원", "lake": "호수",
    "river": "강", "tower": "탑", "village": "마을",
}
NUMBERS = {
    "one": "하나", "two": "둘", "three": "셋", "four": "넷", "five": "다섯", "six": "여섯", "seven": "일곱", "eight": "여덟",
    "nine": "아홉", "ten": "열",
}
NAMES = {
    "Anna": "안나", "Ben": "벤", "Dana": "다나", "Eli": "엘리", "Rosa": "로사", "Jun": "준", "Leo": "레오", "Mina": "미나",
    "Nari": "나리", "Sam": "샘", "Tom": "톰", "Yuna": "유나",
}
DICTIONARY = {**ANIMALS, **COLORS, **FOODS, **PLACES, **NUMBERS}
DIGIT_WORDS = "zero one two three four five six seven eight nine".split()


def _facts():
    """animal -> (color, food, place), drawn once for ever."""
    rng = random.Random(20261122)
    return {a: (rng.choice(list(COLORS)), rng.choice(list(FOODS)), rng.choice(list(PLACES))) for a in ANIMALS}


FACTS = _facts()


def ends_in_consonant(word):
    """Whether the last sound of a Hangul syllable, or of a digit read aloud in Korean, is a consonant."""
    last = word[-1]
    if last.isdigit():
        return last in "013678"
    return (ord(last) - 0xAC00) % 28 != 0


def particle(word, after_consonant, after_vowel):
    """particle("여우", "은", "는") -> "여우는"."""
    return word + (after_consonant if ends_in_consonant(word) else after_vowel)
