"""Languages by their codes, in English: what patients speak and interpreters interpret."""

NAMES = {
    "en": "English", "es": "Spanish", "zh": "Chinese", "vi": "Vietnamese", "ar": "Arabic", "fr": "French", "ht": "Haitian Creole",
    "hi": "Hindi", "ko": "Korean", "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "so": "Somali", "tl": "Tagalog",
    "uk": "Ukrainian", "ur": "Urdu", "fa": "Persian", "sgn": "Sign language", "other": "Another language",
}  # fmt: skip
