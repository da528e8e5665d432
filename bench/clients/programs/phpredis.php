<?php
// The examples of phpredis: values, deadlines, a transaction, WATCH, a script, a scan.
function check($is, $wanted) { if ($is !== $wanted) { throw new Exception(json_encode([$is, $wanted])); } }

$redis = new Redis();
$redis->connect('127.0.0.1', (int) getenv('REDIS_PORT'));
check($redis->set('key', 'value'), true);
check($redis->get('key'), 'value');
check($redis->set('key', 'other', ['nx', 'ex' => 10]), false);
check($redis->setEx('short', 10, 'lived'), true);
check($redis->ttl('short') >= 8, true);
check($redis->multi()->set('key1', 'val1')->get('key1')->incr('n')->exec(), [true, 'val1', 1]);
check($redis->pipeline()->set('key2', 'val2')->get('key2')->exec(), [true, 'val2']);
$redis->watch('key');
$redis->set('key', 'changed');
check($redis->multi()->set('key', 'lost')->exec(), false);
check($redis->eval('return {KEYS[1], ARGV[1]}', ['k', 'a'], 1), ['k', 'a']);
$redis->setOption(Redis::OPT_SCAN, Redis::SCAN_RETRY);
$found = [];
$iterator = null;
while ($keys = $redis->scan($iterator, 'key*')) { $found = array_merge($found, $keys); }
sort($found);
check($found, ['key', 'key1', 'key2']);
check($redis->publish('nobody', 'hello'), 0);
