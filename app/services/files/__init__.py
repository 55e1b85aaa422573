"""What files really are, read without trusting them: images, videos, documents, and a jail for programs that look."""
