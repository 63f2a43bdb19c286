"""Pictures of products: taken in, made safe, kept and shown."""
