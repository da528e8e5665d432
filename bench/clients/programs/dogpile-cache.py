# The example of dogpile.cache with its Redis backend and a distributed lock.
import os

from dogpile.cache import make_region

arguments = {'host': '127.0.0.1', 'port': int(os.environ['REDIS_PORT']), 'db': 0, 'redis_expiration_time': 60 * 60 * 2, 'distributed_lock': True, 'thread_local_lock': False}
region = make_region().configure('dogpile.cache.redis', expiration_time=3600, arguments=arguments)
calls = []


@region.cache_on_arguments()
def load_user_info(user_id):
    calls.append(user_id)
    return {'id': user_id}


assert load_user_info(5) == {'id': 5} and load_user_info(5) == {'id': 5} and calls == [5]
load_user_info.invalidate(5)
assert load_user_info(5) == {'id': 5} and calls == [5, 5]
region.set_multi({'a': 1, 'b': 2})
assert region.get_multi(['a', 'b']) == [1, 2]
region.delete_multi(['a', 'b'])
assert not region.get('a')
