"""Turns an edit into a sentence. An edit is a dict: name, and as needed colour, object, old_colour, new, new_colour, place."""
import phrases as P
from edits import COLOUR_NAMES
from shapes import KINDS

EDITS = [*P.WORDING, *P.OBJECT_WORDING]
PLACE_NAMES = list(P.PLACES)
FIELDS = {'name': EDITS, 'colour': COLOUR_NAMES, 'object': KINDS, 'new': KINDS, 'place': PLACE_NAMES, 'new_colour': COLOUR_NAMES}
SIZES = [len(table) + 1 for table in FIELDS.values()]   # see labels()
LABELS = sum(SIZES)
OBJECTS = .5   # share of the sentences without pictures that speak of objects: these say more than the others


def colour_word(colour, chance, held):
    words = P.COLOUR_WORDS.get(colour, [colour])
    return words[0] if held else chance.pick(words)


def article(words):
    return ('an ' if words[0] in 'aeiou' else 'a ') + words


def command(edit, chance, held=False, typed=P.TYPED):
    """One command without politeness. held: wording that training never uses. typed: share from wordings.txt."""
    name = edit['name']
    it = chance.pick(P.PICTURE_HELD if held else P.PICTURE)
    c = colour_word(edit['colour'], chance, held) if edit.get('colour') else ''
    if name in P.WORDING:
        looks, styles, full, kept_back = P.WORDING[name]
        if held:
            text = chance.pick(kept_back)
        elif chance.one() < typed:
            text = chance.pick(P.WORDINGS[name])
        else:
            r = chance.one()
            if r < .5:
                text = chance.pick(full)
            elif r < .8:
                text = chance.pick(P.LOOK).replace('{x}', chance.pick(looks))
            else:
                style = chance.pick(styles)
                text = chance.pick(P.STYLE)
                if style[0] in 'aeiou8' or style.startswith('x-'):
                    text = text.replace('a {x}', 'an {x}')
                text = text.replace('{x}', style)
        return text.replace('{it}', it).replace('{c}', c)
    typed = not held and chance.one() < typed
    text = chance.pick(P.WORDINGS[name] if typed else P.OBJECT_WORDING[name][1 if held else 0]).replace('{it}', it)
    the = ''
    if edit.get('object'):
        word = P.KIND_NAMES[edit['object']][0] if held else chance.pick(P.KIND_NAMES[edit['object']])
        coloured = word
        if edit.get('old_colour') and chance.one() < .3:
            coloured = f"{colour_word(edit['old_colour'], chance, held)} {word}"
        the = 'the ' + coloured
        text = text.replace('{o}', the).replace('{k}', coloured)
    if edit.get('new'):
        word = P.KIND_NAMES[edit['new']][0] if held else chance.pick(P.KIND_NAMES[edit['new']])
        if edit.get('new_colour'):
            word = f"{colour_word(edit['new_colour'], chance, held)} {word}"
        text = text.replace('{n}', article(word))
    if edit.get('place'):
        text = text.replace('{p}', chance.pick(P.PLACES[edit['place']][2]))
    return text.replace('{c}', c)


def misspell(text, chance):
    """One or two slips: letters exchanged, left out, doubled or wrong."""
    letters = list(text)
    for _ in range(1 + (chance.one() < .3)):
        i = int(chance.one() * (len(letters) - 1))
        if not letters[i].isalpha():
            continue
        slip = chance.one()
        if slip < .35:
            letters[i], letters[i + 1] = letters[i + 1], letters[i]
        elif slip < .6:
            letters[i] = ''
        elif slip < .8:
            letters[i] *= 2
        else:
            letters[i] = chance.pick('abcdefghijklmnopqrstuvwxyz')
    return ''.join(letters)


def sentence(edits, chance, held=False, typos=.25, typed=P.TYPED):
    """The prompt for one edit or two in a row."""
    text = command(edits[0], chance, held, typed)
    if len(edits) == 2:
        text = chance.pick(P.JOINTS).format(a=text, b=command(edits[1], chance, held, typed))
    if chance.one() < .2:
        text = chance.pick(P.POLITE_HELD if held else P.POLITE) + text
    if chance.one() < .15:
        text += chance.pick(P.THANKS)
    if chance.one() < typos:
        text = misspell(text, chance)
    r = chance.one()
    return text.capitalize() if r < .3 else text.upper() if r < .32 else text


def labels(edits):
    """Answers of the throw-away heads: for each of FIELDS shares [its size + 1] of what the edits name, the last: nothing."""
    out = []
    for key, table in FIELDS.items():
        named = [table.index(edit[key]) for edit in edits if edit.get(key)]
        shares = [0.0] * (len(table) + 1)
        for i in named or [len(table)]:
            shares[i] += 1 / max(1, len(named))
        out += shares
    return out


def random_edit(chance, name=None):
    """An edit with random parameters, for text alone (no scene behind it)."""
    name = name or chance.pick(EDITS)
    edit = {'name': name}
    if name in ('tint', 'frame', 'background', 'recolour'):
        edit['colour'] = chance.pick(COLOUR_NAMES)
    if name in ('recolour', 'remove', 'replace'):
        edit['object'] = chance.pick(KINDS)
        edit['old_colour'] = chance.pick(COLOUR_NAMES)
    if name in ('add', 'replace'):
        edit['new'] = chance.pick([k for k in KINDS if k != edit.get('object')])
    if name == 'add' or name == 'replace' and chance.one() < .5:
        edit['new_colour'] = chance.pick(COLOUR_NAMES)
    if name == 'add':
        edit['place'] = chance.pick(PLACE_NAMES)
    return edit


def random_edits(chance):
    """One edit, or two in a row, for text alone."""
    edits = [random_edit(chance, chance.pick(list(P.OBJECT_WORDING)) if chance.one() < OBJECTS else None)]
    if chance.one() < .15:
        edits.append(random_edit(chance, chance.pick(list(P.WORDING))))
    return edits


def random_sentence(chance, held=False):
    """(prompt, edits)."""
    edits = random_edits(chance)
    return sentence(edits, chance, held), edits
