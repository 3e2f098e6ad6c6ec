"""Docks and side panels."""
