"""The wording of every edit: what training uses and, apart from it, what only the evaluation uses.

A phrase is a whole command; {it} stands for a name of the picture, {c} for a colour. `looks` are words that fit
"make it …"; `styles` fit "give it a … look" or "apply a … effect". wordings.txt holds whole commands as people type
them, slips included, a line each: edit|phrase.
"""
from pathlib import Path

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
        ['black and white', 'grayscale', 'greyscale', 'monochrome', 'colourless', 'colorless', 'gray scale', 'b&w',
         'without color', 'black white', 'free of color', 'all gray'],
        ['black and white', 'grayscale', 'monochrome', 'greyscale', 'b/w', 'b and w', 'noir'],
        ['remove the colors from {it}', 'remove all colour', 'take the colour out of {it}',
         'desaturate {it} completely', 'strip the color from {it}', 'drop all colors',
         'convert {it} to shades of gray', 'get rid of the colours', 'turn {it} into a black and white photo',
         'make a black and white version of {it}', 'no colors', 'remove all the color', 'i do not want any color',
         'show {it} in grays only', 'no more colors', 'make {it} gray only', 'set the saturation to zero',
         'bleed all color out of {it}', 'turn the colors off', 'use only shades of gray',
         'i want to see no color at all'],
        ['without any colours please', 'make a monochrome version of {it}']),
    'sepia': (
        ['sepia', 'sepia toned', 'old fashioned', 'sepia brown', 'antique', 'brownish', 'like an old photograph',
         'from another century', 'nostalgic brown'],
        ['sepia', 'sepia tone', 'vintage', 'old photo', 'antique', 'retro sepia', 'brown old', 'victorian', 'old time'],
        ['add sepia', 'make {it} look like an old photograph', 'age {it} like an old photo',
         'add a sepia tone to {it}', 'turn {it} into an old brown photo', 'make {it} look a hundred years old',
         'tone {it} in sepia', 'give {it} an aged brown tone', 'make {it} look very old',
         'turn {it} into a vintage photo', 'brown tones like in an old album', "as from great grandfather's album",
         'make {it} look like 1890', 'age {it}'],
        ['let {it} look like an antique photograph', 'sepia toning for {it}']),
    'invert': (
        ['inverted', 'negative', 'color inverted', 'like a negative', 'the opposite in color', 'reversed in color',
         'like a film negative'],
        ['negative', 'inverted', 'color negative', 'x-ray', 'film negative', 'reverse color'],
        ['invert {it}', 'invert the colors', 'invert the colours of {it}', 'reverse the colors', 'swap light and dark',
         'flip all colors', 'turn {it} into a negative', 'make a negative of {it}', 'invert all colours',
         'switch every color to its opposite', 'turn every colour into its opposite',
         'black becomes white and white becomes black', 'negate {it}', 'give me the negative',
         'use the opposite colors', 'exchange light and dark', 'flip the colors', 'turn the colors inside out'],
        ['show the negative of {it}', 'colour inversion']),
    'brighter': (
        ['brighter', 'lighter', 'more bright', 'much brighter', 'a bit brighter', 'well lit', 'less dark',
         'not so dark', 'more luminous', 'brighter and lighter', 'sunny', 'full of light'],
        ['bright', 'brighter', 'high key', 'well lit'],
        ['brighten {it}', 'brighten {it} up', 'lighten {it}', 'increase the brightness',
         'raise the brightness of {it}', 'add more light', 'lift the exposure', 'increase the exposure of {it}',
         'turn up the brightness', 'light {it} up', 'make the light stronger', 'more brightness',
         'bring more light into {it}', 'let there be light', 'it is too dark', 'give {it} more light',
         'turn the lights on', 'this is too dark', 'i can hardly see anything, brighten {it}', 'raise the light',
         'make {it} shine', 'bring up the brightness', 'increase brightness'],
        ['boost the brightness of {it}', 'it is too dark, lighten {it}']),
    'darker': (
        ['darker', 'dimmer', 'more dark', 'much darker', 'a bit darker', 'less bright', 'dark', 'not so bright',
         'gloomy', 'shadowy', 'darker and moodier', 'less light'],
        ['dark', 'darker', 'dim', 'low key', 'gloomy'],
        ['darken {it}', 'dim {it}', 'reduce the brightness', 'lower the brightness of {it}', 'decrease the brightness',
         'take light away', 'lower the exposure', 'reduce the exposure of {it}', 'turn down the brightness',
         'less light', 'less brightness', 'it is too bright', 'give {it} less light', 'turn the lights down',
         'let {it} be darker', 'take some light out of {it}', 'this is too bright', 'bring the brightness down',
         'tone the light down', 'decrease brightness', 'make {it} less luminous'],
        ['bring down the brightness of {it}', 'it is too bright, darken {it}']),
    'warmer': (
        ['warmer', 'more warm', 'warm', 'a bit warmer', 'warmer in tone', 'more orange and less blue', 'warm toned',
         'cosier', 'less cold'],
        ['warm', 'warmer', 'warm light', 'cosy', 'warm tone', 'warmth'],
        ['warm {it} up', 'warm up the colors', 'use warmer colors', 'add warmth', 'add warmth to {it}',
         'make the colors warmer', 'shift the white balance to warm', 'raise the color temperature',
         'give {it} warmer tones', 'make the light warmer', 'warmer tones', 'make {it} feel warm', 'warmer light',
         'turn the temperature up', 'add some warm color', 'less blue, more yellow', 'give {it} a warm feeling',
         'increase the temperature', 'heat the colors up', 'warm tones for {it}'],
        ['increase the warmth of {it}', 'warmer colour temperature']),
    'cooler': (
        ['cooler', 'colder', 'cool', 'cold', 'a bit cooler', 'cooler in tone', 'more blue and less orange',
         'cool toned', 'less warm', 'chilly', 'frosty', 'icy'],
        ['cool', 'cold', 'cooler', 'cold light', 'frosty', 'cool tone', 'wintry'],
        ['cool {it} down', 'cool down the colors', 'use colder colors', 'use cooler colours', 'add coldness',
         'make the colors cooler', 'shift the white balance to cool', 'lower the color temperature',
         'give {it} cooler tones', 'make the light colder', 'cooler tones', 'make {it} feel cold', 'colder light',
         'turn the temperature down', 'add some cold color', 'more blue, less yellow', 'give {it} a cold feeling',
         'decrease the temperature', 'chill the colors', 'cool tones for {it}', 'make {it} look like a cold day'],
        ['make the colours of {it} cooler', 'cooler colour temperature']),
    'more contrast': (
        ['more contrasty', 'high contrast', 'punchier', 'higher in contrast', 'stronger in contrast', 'harder',
         'more contrasted'],
        ['high contrast', 'strong contrast', 'punchy', 'hard contrast', 'contrast', 'strong'],
        ['increase the contrast', 'more contrast', 'add contrast', 'raise the contrast of {it}', 'boost the contrast',
         'add more contrast to {it}', 'turn up the contrast', 'strengthen the contrast', 'give {it} more contrast',
         'make the contrast stronger', 'stronger contrast', 'higher contrast', 'a lot of contrast',
         'push the contrast', 'contrast higher', 'intensify the contrast',
         'make the darks darker and the lights lighter', 'up the contrast', 'harder contrast', 'contrast boost',
         'plus contrast'],
        ['enhance the contrast of {it}', 'contrast up']),
    'less contrast': (
        ['less contrasty', 'low contrast', 'flatter', 'lower in contrast', 'weaker in contrast', 'softer in contrast',
         'less contrasted', 'flat in tone'],
        ['low contrast', 'flat', 'weak contrast', 'soft contrast', 'contrast free'],
        ['decrease the contrast', 'less contrast', 'reduce the contrast', 'lower the contrast of {it}',
         'soften the contrast', 'take contrast away from {it}', 'turn down the contrast', 'give {it} less contrast',
         'make the contrast weaker', 'remove some contrast', 'weaker contrast', 'lower contrast',
         'hardly any contrast', 'contrast lower', 'gentler contrast', 'make the contrast softer', 'flatten the tones',
         'bring the lights and darks closer', 'minus contrast', 'low contrast for {it}', 'drop the contrast'],
        ['cut the contrast of {it}', 'contrast down']),
    'more vivid': (
        ['more vivid', 'more colorful', 'more saturated', 'vivid', 'colorful', 'more colourful', 'saturated',
         'vibrant', 'richer in color', 'strongly colored', 'brightly colored', 'super colorful', 'full of color',
         'intense'],
        ['vivid', 'vibrant', 'colorful', 'saturated', 'super vivid', 'strong color', 'intense'],
        ['increase the saturation', 'boost the colors', 'saturate {it}', 'raise the saturation of {it}',
         'make the colors pop', 'make the colours stronger', 'intensify the colors', 'more saturation',
         'turn up the saturation', 'more vibrant colors', 'make the colors more intense', 'stronger colors',
         'more color', 'more color please', 'add more color to {it}', 'strong saturated colors',
         'raise the color intensity', 'give the colors more punch', 'let the colors glow', 'more intense colors',
         'bring the colors out', 'color boost', 'saturation up'],
        ['let the colours of {it} pop', 'richer colors']),
    'faded': (
        ['faded', 'less colorful', 'less saturated', 'washed out', 'pale', 'muted', 'paler', 'less vivid',
         'weaker in color', 'softly colored', 'bleached', 'dull', 'subtle in color'],
        ['faded', 'washed out', 'pale', 'muted', 'bleached', 'dull', 'pastel'],
        ['fade {it}', 'fade the colors', 'reduce the saturation', 'mute the colors', 'lower the saturation of {it}',
         'make the colors weaker', 'make the colours pale', 'less saturation', 'turn down the saturation',
         'wash out the colors', 'desaturate {it} a bit', 'tone down the colors', 'less color', 'weaker colors',
         'take some color out', 'pale colors', 'bleach {it}', 'dull the colors', 'let the colors fade',
         'soft faint colors', 'reduce the color intensity', 'half the color', 'saturation down', 'a bit less color',
         'let {it} look like it hung in the sun'],
        ['make the colours of {it} fade', 'subdued colors']),
    'posterise': (
        ['posterised', 'posterized', 'like a poster', 'like pop art', 'like a screen print', 'made of flat colors',
         'reduced to few colors'],
        ['poster', 'posterised', 'pop art', 'posterize', 'few colors', 'posterisation', 'poster paint', 'screen print',
         'posterizing'],
        ['posterise {it}', 'posterize {it}', 'reduce {it} to a few colors', 'reduce the number of colors',
         'use only a few colours', 'turn {it} into a poster', 'flatten the colors into steps', 'limit the colors',
         'make a poster out of {it}', 'only four levels of color', 'flat color areas', 'use a limited palette',
         'cut the number of colors', 'fewer colors', 'merge the colors into flat areas',
         'make the colors flat like on a poster', 'simplify the colors into steps', 'very few colors',
         'make flat areas of color'],
        ['quantise the colours of {it}', 'make {it} look like a pop art poster']),
    'night': (
        ['night', 'look like night', 'nighttime', 'as if at night', 'nightly', 'dark like night', 'nightlike',
         'like midnight', 'dark as night', 'as dark as at midnight'],
        ['night', 'night time', 'moonlight', 'midnight', 'nocturne', 'dark night', 'moon'],
        ['make it night', 'turn day into night', 'change {it} to night', 'set {it} at night', 'switch to night time',
         'make {it} look like it was taken at night', 'change the time of day to night', 'put {it} in moonlight',
         'turn {it} into a night scene', 'let it be night', 'make it midnight', 'make it midnight dark',
         'let night fall', 'show {it} during the night', 'after dark', 'the sun is gone, it is night',
         'make the moon shine', 'let it be late at night', 'turn the day into the night', 'bring on the night',
         'as seen by night'],
        ['show {it} at midnight', 'make {it} a nocturnal scene']),
    'sunset': (
        ['like sunset', 'sunset colored', 'look like sunset', 'as if at sunset', 'dusky', 'like the golden hour',
         'bathed in evening sun', 'in evening light'],
        ['sunset', 'golden hour', 'evening sun', 'dusk', 'evening', 'sundown', 'evening light'],
        ['make it sunset', 'add sunset light', 'put {it} in sunset light', 'change the time of day to sunset',
         'bathe {it} in sunset light', 'make {it} look like it was taken at sunset', 'change {it} to sunset',
         'turn {it} into a sunset scene', 'light {it} with the evening sun', 'add golden hour light',
         'let the sun set', 'evening mood', 'let the sun go down', 'give {it} the light of the setting sun',
         'make it late evening with a low sun', 'sunset colors', 'sunset mood for {it}', 'evening light for {it}',
         'make it look like the sun is setting', 'glow of the evening sun', 'put a sunset glow on {it}'],
        ['light {it} as at sunset', 'evening sun for {it}']),
    'blur': (
        ['blurry', 'blurred', 'softer', 'soft', 'out of focus', 'unfocused', 'smoother', 'hazy', 'fuzzy',
         'dreamy soft', 'less sharp', 'unclear'],
        ['blur', 'soft focus', 'blurry', 'gaussian blur', 'fuzzy', 'hazy', 'out of focus', 'lens blur'],
        ['blur {it}', 'soften {it}', 'smooth {it}', 'add blur', 'add some blur to {it}', 'defocus {it}',
         'put {it} out of focus', 'make everything blurry', 'take the sharpness away', 'make {it} less sharp',
         'lose the focus', 'everything out of focus', 'remove the details', 'let {it} go fuzzy', 'less sharpness',
         'make {it} soft and hazy', 'blurring', 'apply blur', 'smooth all details away'],
        ['apply some gaussian blur to {it}', 'smear {it} softly']),
    'sharpen': (
        ['sharper', 'sharp', 'crisper', 'crisp', 'more detailed', 'clearer', 'more sharp', 'more precise',
         'finely detailed', 'less blurry', 'crystal clear', 'in focus'],
        ['sharp', 'crisp', 'sharpening', 'sharp focus', 'crystal clear', 'clear'],
        ['sharpen {it}', 'increase the sharpness', 'add sharpness to {it}', 'sharpen the details', 'add more detail',
         'bring out the details', 'enhance the details of {it}', 'make the edges sharper', 'more sharpness',
         'make {it} less blurry', 'clearer details', 'crisp edges', 'more detail please', 'sharpness up',
         'i want more sharpness', 'give {it} crisp edges', 'sharp details', 'improve the sharpness', 'unblur {it}'],
        ['crispen {it}', 'raise the sharpness of {it}']),
    'sketch': (
        ['a pencil sketch', 'like a drawing', 'like a pencil drawing', 'sketched', 'hand drawn', 'a line drawing',
         'drawn in pencil', 'like a hand drawing', 'only lines', 'a pencil drawing', 'outlined'],
        ['pencil sketch', 'sketch', 'drawing', 'line art', 'pencil drawing', 'hand drawn', 'graphite', 'crayon sketch',
         'pencil'],
        ['turn {it} into a pencil sketch', 'sketch {it}', 'draw {it} with a pencil', 'turn {it} into a drawing',
         'convert {it} to line art', 'make a pencil drawing of {it}', 'show only the edges', 'draw the outlines',
         'make {it} look hand drawn', 'turn {it} into line art', 'find the edges', 'make a drawing of {it}',
         'pencil lines on white paper', 'sketch by hand', 'as drawn by an artist with a pencil', 'only the outlines',
         'draw {it}', 'i want a pencil drawing', 'leave only lines', 'trace the edges', 'a sketch of {it}'],
        ['create a pencil drawing from {it}', 'outline {it} in pencil']),
    'pixelate': (
        ['pixelated', 'blocky', 'like pixel art', 'made of big pixels', 'mosaic', 'like an old video game',
         'like large pixels', 'coarse', 'made of little squares'],
        ['pixel', 'pixel art', 'mosaic', '8 bit', 'pixelated', 'blocky', 'retro game', 'big pixel', 'pixelation',
         'low resolution'],
        ['pixelate {it}', 'turn {it} into pixel art', 'make big pixels', 'break {it} into blocks', 'add a mosaic',
         'turn {it} into a mosaic', 'reduce the resolution of {it}', 'censor {it} with blocks', 'use large pixels',
         'turn {it} into little squares', 'show big squares', 'make {it} look like an old computer game',
         'make the pixels visible', 'huge pixels', 'lower the resolution', 'pixels as large as bricks',
         'lego like blocks', 'cover {it} with a mosaic', 'block pixels'],
        ['make {it} look like an 8 bit game', 'mosaic blocks over {it}']),
    'tint': (
        ['{c} tinted', 'all {c}', '{c} toned', '{c} in tone', 'completely {c}', 'entirely {c}', 'tinted in {c}',
         '{c} colored', '{c} everywhere', 'as {c} as possible', 'seen through {c} glass'],
        ['{c} tint', '{c} tone', '{c} color', '{c} tinted', '{c} glass', '{c} wash', '{c} colored'],
        ['tint {it} {c}', 'give {it} a {c} tint', 'add a {c} tint', 'tint {it} in {c}', 'colour {it} {c}',
         'color {it} {c}', 'add a {c} color cast', 'put a {c} tint on {it}', 'color {it} with {c}', 'tone {it} {c}',
         'shift the colors to {c}', 'dye {it} {c}', 'wash {it} in {c}', 'overlay {c} on {it}', 'everything in {c}',
         'a {c} tint', 'a {c} tinted version', 'all in {c}', 'make everything {c}', '{c} tone for {it}',
         'use {c} as the only color', 'put {c} light on {it}', 'tint: {c}', 'look through {c} glass',
         'tint everything {c}', 'turn the colors {c}', 'pour {c} over {it}'],
        ['bathe {it} in {c}', 'lay a {c} tint over {it}']),
    'vignette': (
        ['vignetted', 'dark at the edges', 'darker at the corners', 'darker towards the edges',
         'dark around the edges', 'dark in the corners', 'shaded at the border'],
        ['vignette', 'dark vignette', 'vignetting', 'dark corner', 'dark edge', 'lens vignette'],
        ['add a vignette', 'vignette {it}', 'darken the corners', 'darken the edges of {it}', 'put a vignette on {it}',
         'add dark corners', 'make the corners darker', 'fade the edges to dark', 'add vignetting to {it}',
         'give {it} a vignette', 'make the borders darker', 'corners in shadow', 'shade the edges',
         'let the corners fall into shadow', 'make the outer part darker', 'darken the outside', 'dark corners',
         'put shadows into the corners', 'bright middle and dark edges', 'vignetted edges', 'darker edges around {it}'],
        ['shade the corners of {it}', 'vignette please']),
    'mirror': (
        ['mirrored', 'flipped', 'flipped left to right', 'mirror inverted', 'flipped horizontally', 'reversed',
         'the other way round', 'left right reversed', 'reflected'],
        ['mirror', 'mirrored', 'flipped', 'mirror image', 'reflection', 'left right flip'],
        ['mirror {it}', 'flip {it}', 'flip {it} horizontally', 'mirror {it} left to right', 'swap left and right',
         'flip {it} left to right', 'reverse left and right', 'mirror {it} horizontally',
         'turn {it} the other way round', 'exchange left and right', 'show {it} in a mirror', 'reflect {it}',
         'a mirror image of {it}', 'left and right swapped', 'show the mirror image', 'put the left on the right',
         'turn {it} around horizontally', 'mirror left and right', 'reversed left to right', 'as seen in a mirror',
         'flip sides', 'change the sides', 'move what is left to the right side'],
        ['horizontal flip', 'let left and right change places']),
    'frame': (
        ['framed in {c}', 'framed with a {c} border', 'bordered in {c}', 'surrounded by a {c} frame', 'in a {c} frame',
         'with a {c} frame around', 'edged in {c}', 'inside a {c} border'],
        ['{c} frame', '{c} border', '{c} framed', '{c} edge', '{c} picture frame'],
        ['add a {c} frame', 'put a {c} border around {it}', 'add a {c} border', 'frame {it} in {c}',
         'put {it} in a {c} frame', 'surround {it} with a {c} border', 'give {it} a {c} frame', 'draw a {c} frame',
         'draw a {c} border around {it}', 'add a {c} frame around {it}', 'give {it} a {c} border',
         'border {it} in {c}', 'a {c} frame around {it}', 'with a {c} border', 'a {c} frame', 'a {c} border',
         '{c} edges around {it}', 'frame: {c}', 'i want a frame in {c}', 'make a border that is {c}', 'border in {c}',
         'the frame should be {c}', 'with a frame, {c} please', 'add an edge of {c}', 'hang {it} in a {c} frame',
         '{c} frame please'],
        ['wrap a {c} border around {it}', 'place {it} inside a {c} frame']),
    'keep': (
        ['as it is', 'the same', 'unchanged', 'just as it is', 'like it was', 'exactly as before', 'identical',
         'like before'],
        ['no', 'original'],
        ['keep it as it is', 'keep {it} as it is', 'do nothing', 'change nothing', 'no changes', "don't change {it}",
         'leave {it} unchanged', 'keep {it} the same', 'keep {it}', 'return {it} unchanged', 'no edit',
         'leave everything as it is', 'just copy {it}', 'nothing', 'please change nothing', 'nothing to do here',
         '{it} is good already', 'leave everything', 'keep all as before', 'just return {it}', 'no change',
         'same picture again', 'stay as you are', 'hands off', 'leave it like this', 'make no change to {it}',
         'keep everything the same', 'it is fine, leave it'],
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
TYPED = .5   # share of the commands that are from wordings.txt instead of the lists here
POLITE = ['please ', 'can you ', 'could you ', 'please ', 'now ', 'i want you to ', "i'd like you to ", 'just ', 'hey, ']
POLITE_HELD = ['would you kindly ', 'be so good and ']
THANKS = [' please', '.', '!', ' now', ' for me', ', thanks', ', please']
JOINTS = ['{a} and {b}', '{a}, then {b}', '{a} and then {b}', 'first {a}, then {b}', '{a}. {b}', '{a}, {b}',
          '{a} and also {b}', '{a}; {b}']


def read_wordings():
    """-> edit: phrases of wordings.txt"""
    wordings = {name: [] for name in [*WORDING, *OBJECT_WORDING]}
    for line in (Path(__file__).parent / 'wordings.txt').read_text().splitlines():
        name, phrase = line.split('|')
        wordings[name].append(phrase)
    return wordings


WORDINGS = read_wordings()
