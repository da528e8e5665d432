# The examples of redis-py: values, a pipeline, WATCH, a script, a lock, a scan, channels, client_info().
import os

import redis

r = redis.Redis(host='127.0.0.1', port=int(os.environ['REDIS_PORT']), db=0)
assert r.set('foo', 'bar') is True
assert r.get('foo') == b'bar'
assert r.set('short', 'lived', ex=10) is True and 8 <= r.ttl('short') <= 10
assert r.pipeline().set('foo', 5).incr('foo').execute() == [True, 6]
with r.pipeline() as pipe:
    pipe.watch('foo')
    value = int(pipe.get('foo'))
    pipe.multi()
    pipe.set('foo', value + 1)
    assert pipe.execute() == [True]
multiply = r.register_script("local value = redis.call('GET', KEYS[1]) return value * ARGV[1]")
assert multiply(keys=['foo'], args=[5]) == 35
with r.lock('my-lock', timeout=10, blocking_timeout=5) as lock:
    assert lock.owned() and lock.extend(10)
    assert not r.lock('my-lock', timeout=10).acquire(blocking=False)
assert r.exists('my-lock') == 0
assert sorted(r.scan_iter('*')) == [b'foo', b'short']
p = r.pubsub()
p.subscribe('my-channel')
assert p.get_message(timeout=10)['type'] == 'subscribe'
assert r.publish('my-channel', 'hello') == 1
assert p.get_message(timeout=10)['data'] == b'hello'
p.close()
assert r.client_info()['cmd'] == 'client|info'
