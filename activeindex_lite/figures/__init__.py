"""Figures: functions from measured tables to matplotlib figures with a text alternative; each loads when first used."""

import lazy_loader

# Lazily, because some read faiss indexes while others need numpy and matplotlib alone.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "copy_detection": ["precision_recall_curves"],
        "retrieval": ["gains_by_index", "passive_against_activated"],
        "style": ["Described"],
    },
)
