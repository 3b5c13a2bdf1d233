"""The store: SQLAlchemy models, engines and named queries; it knows the domain and nothing above."""
