# The examples of redis-rb: values, a pipeline, a transaction, WATCH, a script, channels.
require 'redis'

def check(is, wanted) = (is == wanted or raise "#{is.inspect} instead of #{wanted.inspect}")

redis = Redis.new(host: '127.0.0.1', port: ENV.fetch('REDIS_PORT').to_i)
check redis.set('mykey', 'hello world'), 'OK'
check redis.get('mykey'), 'hello world'
check redis.set('short', 'lived', ex: 10, nx: true), true
check redis.ttl('short').between?(8, 10), true
check redis.pipelined { |pipeline| pipeline.set('foo', 'bar'); pipeline.incr('baz') }, ['OK', 1]
check redis.multi { |transaction| transaction.set('foo', 'bar'); transaction.incr('baz') }, ['OK', 2]
check redis.watch('foo') { redis.set('foo', 'changed'); redis.multi { |transaction| transaction.set('foo', 'lost') } }, nil
check redis.eval('return {KEYS[1], ARGV[1]}', keys: ['k'], argv: ['a']), %w[k a]
check redis.scan_each(match: 'my*').to_a, ['mykey']
received = nil
subscriber = Redis.new(host: '127.0.0.1', port: ENV.fetch('REDIS_PORT').to_i)
subscriber.subscribe('one') do |on|
  on.subscribe { redis.publish('one', 'hello') }
  on.message do |_, message|
    received = message
    subscriber.unsubscribe
  end
end
check received, 'hello'
