# The examples of django-redis: deadlines, patterns, increments, a lock.
import os

from django.conf import settings

location = f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0"
options = {'CLIENT_CLASS': 'django_redis.client.DefaultClient'}
settings.configure(CACHES={'default': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': location, 'OPTIONS': options}})

from django.core.cache import cache  # noqa: E402

cache.set('foo', {'value': 1}, timeout=25)
assert cache.get('foo') == {'value': 1}
assert 23 <= cache.ttl('foo') <= 25 and cache.ttl('not-existent') == 0
cache.set('forever', 'here', timeout=None)
assert cache.ttl('forever') is None
assert cache.persist('foo') and cache.ttl('foo') is None
assert cache.expire('foo', timeout=5) and 3 <= cache.ttl('foo') <= 5
cache.set_many({'foo_1': 'bar', 'foo_2': 'bar'})
assert sorted(cache.keys('foo_*')) == ['foo_1', 'foo_2']
assert sorted(cache.iter_keys('foo_*')) == ['foo_1', 'foo_2']
assert cache.delete_pattern('foo_*') == 2
assert cache.set('key', 'value1', nx=True) is True and cache.set('key', 'value2', nx=True) is False
cache.set('number', 5)
assert cache.incr('number') == 6 and cache.decr('number', 2) == 4
with cache.lock('somekey', timeout=10):
    assert not cache.lock('somekey', timeout=10).acquire(blocking=False)
cache.clear()
assert cache.get('forever') is None
