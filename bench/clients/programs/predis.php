<?php
// The examples of Predis: values, a pipeline, a transaction with WATCH, a script, a scan.
require 'Predis/autoload.php';
function check($is, $wanted) { if ($is !== $wanted) { throw new Exception(json_encode([$is, $wanted])); } }

$client = new Predis\Client(['scheme' => 'tcp', 'host' => '127.0.0.1', 'port' => (int) getenv('REDIS_PORT')]);
check((string) $client->set('foo', 'bar'), 'OK');
check($client->get('foo'), 'bar');
check((string) $client->set('short', 'lived', 'EX', 10, 'NX'), 'OK');
$responses = $client->pipeline(function ($pipe) { $pipe->set('n', 1); $pipe->incrby('n', 41); });
check($responses[1], 42);
$responses = $client->transaction(['watch' => 'foo', 'cas' => true], function ($tx) {
    $value = $tx->get('foo');
    $tx->multi();
    $tx->set('foo', $value . '!');
    $tx->get('foo');
});
check($responses[1], 'bar!');
check($client->eval('return {KEYS[1], ARGV[1]}', 1, 'k', 'a'), ['k', 'a']);
check(iterator_to_array(new Predis\Collection\Iterator\Keyspace($client, 'fo*')), ['foo']);
check($client->ttl('short') >= 8, true);
