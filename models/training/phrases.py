"""The wording of every edit: what training uses and, apart from it, what only the evaluation uses.

A phrase is a whole command; {it} stands for a name of the picture, {c} for a colour. `looks` are words that fit
"make it …"; `styles` fit "give it a … look" or "apply a … effect".
"""

PICTURE = ['it', 'this', 'the image', 'the picture', 'the photo', 'this image', 'this picture', 'this photo',
           'the whole picture', 'the entire image', 'my photo', 'my picture', 'the photograph', 'everything']
PICTURE_HELD = ['the snapshot', 'our image', 'the shot']

LOOK = ['make {it} {x}', 'turn {it} {x}', 'make {it} look {x}', '{x}', 'i want {it} {x}', '{it} should be {x}',
        'have {it} {x}', 'render {it} {x}', 'change {it} to {x}', 'convert {it} to {x}']
STYLE = ['give {it} a {x} look', 'apply a {x} effect', 'apply a {x} effect to {it}', 'add a {x} effect', '{x} effect',
         'use a {x} filter', 'apply a {x} filter to {it}', '{x} filter', 'give {it} a {x} effect', '{x} style',
         'turn {it} into a {x} version', 'in {x} style', '{x} look', 'apply {x}', 'apply {x} to {it}']

# edit: (looks, styles, phrases, phrases kept back)
WORDING = {
    'black and white': (
        ['black and white', 'grayscale', 'greyscale', 'monochrome', 'colourless', 'colorless', 'gray scale', 'b&w'],
        ['black and white', 'grayscale', 'monochrome', 'greyscale', 'b/w'],
        ['remove the colors from {it}', 'remove all colour', 'take the colour out of {it}', 'desaturate {it} completely',
         'strip the color from {it}', 'drop all colors', 'convert {it} to shades of gray', 'get rid of the colours',
         'turn {it} into a black and white photo', 'make a black and white version of {it}', 'no colors'],
        ['without any colours please', 'make a monochrome version of {it}']),
    'sepia': (
        ['sepia', 'sepia toned', 'old fashioned', 'sepia brown', 'antique'],
        ['sepia', 'sepia tone', 'vintage', 'old photo', 'antique', 'retro sepia'],
        ['add sepia', 'make {it} look like an old photograph', 'age {it} like an old photo', 'add a sepia tone to {it}',
         'turn {it} into an old brown photo', 'make {it} look a hundred years old', 'tone {it} in sepia'],
        ['let {it} look like an antique photograph', 'sepia toning for {it}']),
    'invert': (
        ['inverted', 'negative', 'color inverted', 'like a negative'],
        ['negative', 'inverted', 'color negative', 'x-ray'],
        ['invert {it}', 'invert the colors', 'invert the colours of {it}', 'reverse the colors', 'swap light and dark',
         'flip all colors', 'turn {it} into a negative', 'make a negative of {it}', 'invert all colours',
         'switch every color to its opposite'],
        ['show the negative of {it}', 'colour inversion']),
    'brighter': (
        ['brighter', 'lighter', 'more bright', 'much brighter', 'a bit brighter', 'well lit', 'less dark'],
        ['bright', 'brighter'],
        ['brighten {it}', 'brighten {it} up', 'lighten {it}', 'increase the brightness', 'raise the brightness of {it}',
         'add more light', 'lift the exposure', 'increase the exposure of {it}', 'turn up the brightness',
         'light {it} up', 'make the light stronger', 'more brightness'],
        ['boost the brightness of {it}', 'it is too dark, lighten {it}']),
    'darker': (
        ['darker', 'dimmer', 'more dark', 'much darker', 'a bit darker', 'less bright', 'dark'],
        ['dark', 'darker', 'dim'],
        ['darken {it}', 'dim {it}', 'reduce the brightness', 'lower the brightness of {it}', 'decrease the brightness',
         'take light away', 'lower the exposure', 'reduce the exposure of {it}', 'turn down the brightness',
         'less light', 'less brightness'],
        ['bring down the brightness of {it}', 'it is too bright, darken {it}']),
    'warmer': (
        ['warmer', 'more warm', 'warm', 'a bit warmer', 'warmer in tone'],
        ['warm', 'warmer', 'warm light'],
        ['warm {it} up', 'warm up the colors', 'use warmer colors', 'add warmth', 'add warmth to {it}',
         'make the colors warmer', 'shift the white balance to warm', 'raise the color temperature',
         'give {it} warmer tones', 'make the light warmer', 'warmer tones'],
        ['increase the warmth of {it}', 'warmer colour temperature']),
    'cooler': (
        ['cooler', 'colder', 'cool', 'cold', 'a bit cooler', 'cooler in tone'],
        ['cool', 'cold', 'cooler', 'cold light'],
        ['cool {it} down', 'cool down the colors', 'use colder colors', 'use cooler colours', 'add coldness',
         'make the colors cooler', 'shift the white balance to cool', 'lower the color temperature',
         'give {it} cooler tones', 'make the light colder', 'cooler tones'],
        ['make the colours of {it} cooler', 'cooler colour temperature']),
    'more contrast': (
        ['more contrasty', 'high contrast', 'punchier', 'higher in contrast'],
        ['high contrast', 'strong contrast', 'punchy'],
        ['increase the contrast', 'more contrast', 'add contrast', 'raise the contrast of {it}', 'boost the contrast',
         'add more contrast to {it}', 'turn up the contrast', 'strengthen the contrast', 'give {it} more contrast',
         'make the contrast stronger'],
        ['enhance the contrast of {it}', 'contrast up']),
    'less contrast': (
        ['less contrasty', 'low contrast', 'flatter', 'lower in contrast'],
        ['low contrast', 'flat', 'weak contrast'],
        ['decrease the contrast', 'less contrast', 'reduce the contrast', 'lower the contrast of {it}',
         'soften the contrast', 'take contrast away from {it}', 'turn down the contrast', 'give {it} less contrast',
         'make the contrast weaker', 'remove some contrast'],
        ['cut the contrast of {it}', 'contrast down']),
    'more vivid': (
        ['more vivid', 'more colorful', 'more saturated', 'vivid', 'colorful', 'more colourful', 'saturated', 'vibrant'],
        ['vivid', 'vibrant', 'colorful', 'saturated'],
        ['increase the saturation', 'boost the colors', 'saturate {it}', 'raise the saturation of {it}',
         'make the colors pop', 'make the colours stronger', 'intensify the colors', 'more saturation',
         'turn up the saturation', 'more vibrant colors', 'make the colors more intense'],
        ['let the colours of {it} pop', 'richer colors']),
    'faded': (
        ['faded', 'less colorful', 'less saturated', 'washed out', 'pale', 'muted', 'paler', 'less vivid'],
        ['faded', 'washed out', 'pale', 'muted'],
        ['fade {it}', 'fade the colors', 'reduce the saturation', 'mute the colors', 'lower the saturation of {it}',
         'make the colors weaker', 'make the colours pale', 'less saturation', 'turn down the saturation',
         'wash out the colors', 'desaturate {it} a bit', 'tone down the colors'],
        ['make the colours of {it} fade', 'subdued colors']),
    'posterise': (
        ['posterised', 'posterized', 'like a poster', 'like pop art'],
        ['poster', 'posterised', 'pop art', 'posterize', 'few colors'],
        ['posterise {it}', 'posterize {it}', 'reduce {it} to a few colors', 'reduce the number of colors',
         'use only a few colours', 'turn {it} into a poster', 'flatten the colors into steps', 'limit the colors',
         'make a poster out of {it}'],
        ['quantise the colours of {it}', 'make {it} look like a pop art poster']),
    'night': (
        ['night', 'look like night', 'nighttime', 'as if at night', 'nightly', 'dark like night'],
        ['night', 'night time', 'moonlight', 'midnight'],
        ['make it night', 'turn day into night', 'change {it} to night', 'set {it} at night', 'switch to night time',
         'make {it} look like it was taken at night', 'change the time of day to night', 'put {it} in moonlight',
         'turn {it} into a night scene', 'let it be night', 'make it midnight'],
        ['show {it} at midnight', 'make {it} a nocturnal scene']),
    'sunset': (
        ['like sunset', 'sunset colored', 'look like sunset', 'as if at sunset', 'dusky'],
        ['sunset', 'golden hour', 'evening sun', 'dusk'],
        ['make it sunset', 'add sunset light', 'put {it} in sunset light', 'change the time of day to sunset',
         'bathe {it} in sunset light', 'make {it} look like it was taken at sunset', 'change {it} to sunset',
         'turn {it} into a sunset scene', 'light {it} with the evening sun', 'add golden hour light', 'let the sun set'],
        ['light {it} as at sunset', 'evening sun for {it}']),
    'blur': (
        ['blurry', 'blurred', 'softer', 'soft', 'out of focus', 'unfocused', 'smoother'],
        ['blur', 'soft focus', 'blurry', 'gaussian blur'],
        ['blur {it}', 'soften {it}', 'smooth {it}', 'add blur', 'add some blur to {it}', 'defocus {it}',
         'put {it} out of focus', 'make everything blurry', 'take the sharpness away'],
        ['apply some gaussian blur to {it}', 'smear {it} softly']),
    'sharpen': (
        ['sharper', 'sharp', 'crisper', 'crisp', 'more detailed', 'clearer', 'more sharp'],
        ['sharp', 'crisp', 'sharpening'],
        ['sharpen {it}', 'increase the sharpness', 'add sharpness to {it}', 'sharpen the details', 'add more detail',
         'bring out the details', 'enhance the details of {it}', 'make the edges sharper', 'more sharpness'],
        ['crispen {it}', 'raise the sharpness of {it}']),
    'sketch': (
        ['a pencil sketch', 'like a drawing', 'like a pencil drawing', 'sketched', 'hand drawn', 'a line drawing'],
        ['pencil sketch', 'sketch', 'drawing', 'line art', 'pencil drawing'],
        ['turn {it} into a pencil sketch', 'sketch {it}', 'draw {it} with a pencil', 'turn {it} into a drawing',
         'convert {it} to line art', 'make a pencil drawing of {it}', 'show only the edges', 'draw the outlines',
         'make {it} look hand drawn', 'turn {it} into line art', 'find the edges'],
        ['create a pencil drawing from {it}', 'outline {it} in pencil']),
    'pixelate': (
        ['pixelated', 'blocky', 'like pixel art', 'made of big pixels', 'mosaic'],
        ['pixel', 'pixel art', 'mosaic', '8 bit', 'pixelated', 'blocky'],
        ['pixelate {it}', 'turn {it} into pixel art', 'make big pixels', 'break {it} into blocks', 'add a mosaic',
         'turn {it} into a mosaic', 'reduce the resolution of {it}', 'censor {it} with blocks', 'use large pixels'],
        ['make {it} look like an 8 bit game', 'mosaic blocks over {it}']),
    'tint': (
        ['{c} tinted', 'all {c}', '{c} toned', '{c} in tone', 'completely {c}', 'entirely {c}'],
        ['{c} tint', '{c} tone', '{c} color', '{c} tinted'],
        ['tint {it} {c}', 'give {it} a {c} tint', 'add a {c} tint', 'tint {it} in {c}', 'colour {it} {c}',
         'color {it} {c}', 'add a {c} color cast', 'put a {c} tint on {it}', 'color {it} with {c}', 'tone {it} {c}',
         'shift the colors to {c}', 'dye {it} {c}', 'wash {it} in {c}', 'overlay {c} on {it}'],
        ['bathe {it} in {c}', 'lay a {c} tint over {it}']),
    'vignette': (
        ['vignetted', 'dark at the edges', 'darker at the corners', 'darker towards the edges'],
        ['vignette', 'dark vignette', 'vignetting'],
        ['add a vignette', 'vignette {it}', 'darken the corners', 'darken the edges of {it}', 'put a vignette on {it}',
         'add dark corners', 'make the corners darker', 'fade the edges to dark', 'add vignetting to {it}',
         'give {it} a vignette', 'make the borders darker'],
        ['shade the corners of {it}', 'vignette please']),
    'mirror': (
        ['mirrored', 'flipped', 'flipped left to right', 'mirror inverted', 'flipped horizontally'],
        ['mirror', 'mirrored', 'flipped'],
        ['mirror {it}', 'flip {it}', 'flip {it} horizontally', 'mirror {it} left to right', 'swap left and right',
         'flip {it} left to right', 'reverse left and right', 'mirror {it} horizontally', 'turn {it} the other way round',
         'exchange left and right', 'show {it} in a mirror', 'reflect {it}'],
        ['horizontal flip', 'let left and right change places']),
    'frame': (
        ['framed in {c}', 'framed with a {c} border', 'bordered in {c}', 'surrounded by a {c} frame'],
        ['{c} frame', '{c} border', '{c} framed'],
        ['add a {c} frame', 'put a {c} border around {it}', 'add a {c} border', 'frame {it} in {c}',
         'put {it} in a {c} frame', 'surround {it} with a {c} border', 'give {it} a {c} frame', 'draw a {c} frame',
         'draw a {c} border around {it}', 'add a {c} frame around {it}', 'give {it} a {c} border', 'border {it} in {c}',
         'a {c} frame around {it}', 'with a {c} border'],
        ['wrap a {c} border around {it}', 'place {it} inside a {c} frame']),
    'keep': (
        ['as it is', 'the same', 'unchanged', 'just as it is', 'like it was'],
        ['no'],
        ['keep it as it is', 'keep {it} as it is', 'leave {it} alone', 'do nothing', 'change nothing', 'no changes',
         'do not change anything', "don't change {it}", 'leave {it} unchanged', 'keep {it} the same', 'keep {it}',
         'return {it} unchanged', 'no edit', 'leave everything as it is', 'just copy {it}', 'nothing'],
        ['{it} is fine as it is', 'please do not touch {it}']),
}

KIND_NAMES = {
    'circle': ['circle', 'disc', 'disk', 'ball', 'dot'], 'square': ['square', 'box', 'block'], 'triangle': ['triangle'],
    'star': ['star'], 'heart': ['heart'], 'hexagon': ['hexagon'], 'diamond': ['diamond', 'rhombus'],
    'cross': ['cross', 'plus', 'plus sign'], 'flower': ['flower', 'blossom'], 'ring': ['ring', 'hoop', 'donut'],
    'oval': ['oval', 'ellipse'], 'drop': ['drop', 'raindrop', 'teardrop'], 'house': ['house', 'hut'],
}
COLOUR_WORDS = {'gray': ['gray', 'grey'], 'purple': ['purple', 'violet'], 'cyan': ['cyan', 'turquoise']}
PLACES = {  # column, row of a 3 × 3 grid, and how one says it
    'top left': (0, 0, ['in the top left corner', 'at the top left', 'in the upper left corner', 'top left']),
    'top': (1, 0, ['at the top', 'in the top middle', 'at the top center', 'above']),
    'top right': (2, 0, ['in the top right corner', 'at the top right', 'in the upper right corner', 'top right']),
    'left': (0, 1, ['on the left', 'at the left side', 'on the left side', 'left']),
    'middle': (1, 1, ['in the middle', 'in the center', 'at the centre', 'in the center of the picture']),
    'right': (2, 1, ['on the right', 'at the right side', 'on the right side', 'right']),
    'bottom left': (0, 2, ['in the bottom left corner', 'at the bottom left', 'in the lower left corner', 'bottom left']),
    'bottom': (1, 2, ['at the bottom', 'in the bottom middle', 'at the bottom center', 'below']),
    'bottom right': (2, 2, ['in the bottom right corner', 'at the bottom right', 'in the lower right corner',
                            'bottom right']),
}
OBJECT_WORDING = {  # {o} the object, {n} a new object with its article, {c} a colour, {p} a place
    'recolour': (['make {o} {c}', 'change {o} to {c}', 'turn {o} {c}', 'paint {o} {c}', 'color {o} {c}',
                  'recolor {o} {c}', '{o} should be {c}', 'change the color of {o} to {c}', 'recolour {o} in {c}',
                  'give {o} a {c} color', 'let {o} be {c}'], ['repaint {o} in {c}', 'i want {o} in {c}']),
    'remove': (['remove {o}', 'delete {o}', 'erase {o}', 'take away {o}', 'get rid of {o}', 'take {o} out',
                'take out {o}', 'make {o} disappear', 'drop {o}', 'hide {o}', 'no {k}', 'without {o}'],
               ['eliminate {o}', 'let {o} vanish']),
    'add': (['add {n} {p}', 'put {n} {p}', 'draw {n} {p}', 'place {n} {p}', '{p} add {n}', 'insert {n} {p}',
             'there should be {n} {p}', 'paint {n} {p}', 'i want {n} {p}'], ['set {n} {p}', 'show {n} {p}']),
    'replace': (['replace {o} with {n}', 'replace {o} by {n}', 'turn {o} into {n}', 'change {o} into {n}',
                 'change {o} to {n}', 'swap {o} for {n}', 'make {o} {n}', 'convert {o} into {n}', 'put {n} instead of {o}',
                 'transform {o} into {n}'], ['exchange {o} for {n}', 'substitute {n} for {o}']),
    'background': (['make the background {c}', 'change the background to {c}', 'turn the background {c}',
                    'set the background to {c}', '{c} background', 'paint the background {c}', 'color the background {c}',
                    'use a {c} background', 'give it a {c} background', 'put it on a {c} background',
                    'replace the background with {c}', 'i want a {c} background'],
                   ['recolor the backdrop in {c}', 'let the background be {c}']),
}
POLITE = ['please ', 'can you ', 'could you ', 'please ', 'now ', 'i want you to ', "i'd like you to ", 'just ', 'hey, ']
POLITE_HELD = ['would you kindly ', 'be so good and ']
THANKS = [' please', '.', '!', ' now', ' for me', ', thanks', ', please']
JOINTS = ['{a} and {b}', '{a}, then {b}', '{a} and then {b}', 'first {a}, then {b}', '{a}. {b}', '{a}, {b}',
          '{a} and also {b}', '{a}; {b}']
