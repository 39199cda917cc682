"""Lalamove Delivery API v3. Source: developers.lalamove.com; github.com/lalamove/delivery-nodejs-sdk."""
