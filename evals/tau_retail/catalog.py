"""The operations of the foreign shop by their names; complete once `operations` is imported."""

from commerce.operation import Catalog

TAU: Catalog = {}
