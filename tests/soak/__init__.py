"""Many events at once on a local cloud where everything goes wrong at times: is each exported once?"""
