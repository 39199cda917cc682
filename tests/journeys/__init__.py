"""Whole journeys: real processes, real HTTP, real databases."""
