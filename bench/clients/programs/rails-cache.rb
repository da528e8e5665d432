# The examples of the guide "Caching with Rails" with the Redis store: fetch, deadlines, many keys, counters, patterns.
require 'active_support'
require 'active_support/core_ext/numeric/time'
require 'active_support/cache/redis_cache_store'

def check(is, wanted) = (is == wanted or raise "#{is.inspect} instead of #{wanted.inspect}")

failures = []
cache = ActiveSupport::Cache::RedisCacheStore.new(
  url: "redis://127.0.0.1:#{ENV.fetch('REDIS_PORT')}/0",
  reconnect_attempts: 1,
  error_handler: ->(method:, returning:, exception:) { failures << [method, exception] }
)
calls = 0
2.times { check cache.fetch('city', expires_in: 10.seconds) { calls += 1; 'Duckburgh' }, 'Duckburgh' }
check calls, 1
cache.write('short', 'lived', expires_in: 1.second)
check cache.read('short'), 'lived'
sleep 1.5
check cache.read('short'), nil
cache.write_multi({ 'a' => 1, 'b' => 2 }, expires_in: 1.minute)
check cache.read_multi('a', 'b', 'c'), { 'a' => 1, 'b' => 2 }
check cache.increment('hits', 1, expires_in: 1.minute), 1
check cache.increment('hits', 5), 6
check cache.decrement('hits', 2), 4
check cache.exist?('city'), true
cache.delete_matched('cit*')
check cache.exist?('city'), false
check cache.delete_multi(%w[a b]), 2
cache.clear
check failures, []
