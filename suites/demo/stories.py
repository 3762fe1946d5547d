"""Short template stories in English and Korean: free text of ours for perplexity, timing and "tell a story" items."""
from words import ANIMALS, COLORS, FOODS, NAMES, PLACES, particle

ENGLISH = [
    ["Once there was {a} {animal} named {name}.", "{name} was {a} {animal}.", "Long ago, {a} {animal} called {name} was born.",
     "This is the story of {name}, {a} {animal}."],
    ["{name} lived in the {place} and was happy there.", "Home was a small house in the {place}.",
     "Every day {name} walked through the {place}.", "The {place} was big, and {name} knew every corner of it."],
    ["One morning {name} woke up very hungry.", "One day the sky was gray and the wind was cold.",
     "One evening {name} could not sleep.", "On a warm day {name} wanted to play."],
    ["So {name} went out to look for {food}.", "At home the box of {food} was empty.",
     "{name} dreamed of {food} and of a {color} door.", "A friend had promised to bring {food}."],
    ["On the way {name} met {b} {other}.", "Then a {color} {other} came along.", "Near a tall tree sat {b} {other}.",
     "Suddenly {b} {other} called from far away."],
    ["\"Can you help me?\" asked {name}.", "\"Do you like {food}?\" asked the {other}.", "\"Come with me,\" said the {other}.",
     "\"I am lost,\" said the {other}."],
    ["They walked a long way and talked about the {place}.", "They looked behind every stone and under every leaf.",
     "The {other} knew the way, and {name} was glad.", "First it rained, but then the sun came out."],
    ["At last they found {food} in a {color} box.", "In the end they found the {food} under a {color} stone.",
     "Soon both of them had {food}."],
    ["{name} and the {other} ate together and laughed.", "{name} shared everything with the {other}.",
     "The {other} sang a song, and {name} danced."],
    ["From that day on they were friends.", "When it was dark, {name} went home and slept well.",
     "And {name} never forgot that day."],
]
KOREAN = [
    ["옛날에 {name_i}라는 {animal_n} 살았어요.", "{place}에 {name_i}라는 {animal_n} 살았어요."],
    ["어느 날 {name_t} 배가 고팠어요.", "어느 날 {name_t} {food_o} 찾으러 나갔어요.", "{name_t} {food_o} 아주 좋아했어요."],
    ["길에서 {other_o} 만났어요.", "그때 {other_n} 다가왔어요.", "나무 아래에 {other_n} 앉아 있었어요."],
    ["둘은 함께 {food_o} 먹었어요.", "{other_t} {food_o} 나누어 주었어요.", "둘은 {place}에서 즐겁게 놀았어요."],
    ["그 뒤로 둘은 친구가 되었어요.", "{name_t} 웃으며 집으로 돌아갔어요.", "그날 밤 {name_t} 푹 잤어요."],
]


def article(noun):
    return "an" if noun[0] in "aeiou" else "a"


def draw_cast(rng):
    animal, other = rng.sample(list(ANIMALS), 2)
    return {"name": rng.choice(list(NAMES)), "animal": animal, "other": other, "a": article(animal), "b": article(other),
            "place": rng.choice(list(PLACES)), "food": rng.choice(list(FOODS)), "color": rng.choice(list(COLORS))}


def english_story(rng, cast):
    """A list of sentences."""
    return [rng.choice(slot).format(**cast) for slot in ENGLISH]


def korean_story(rng, cast):
    name, animal, other = NAMES[cast["name"]], ANIMALS[cast["animal"]], ANIMALS[cast["other"]]
    food, place = FOODS[cast["food"]], PLACES[cast["place"]]
    forms = {"place": place, "name_i": particle(name, "이", ""),
             "name_t": particle(name, "은", "는"), "animal_n": particle(animal, "이", "가"),
             "other_o": particle(other, "을", "를"), "other_n": particle(other, "이", "가"),
             "other_t": particle(other, "은", "는"), "food_o": particle(food, "을", "를")}
    return [rng.choice(slot).format(**forms) for slot in KOREAN]
