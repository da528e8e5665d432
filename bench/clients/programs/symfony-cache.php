<?php
// The examples of symfony/cache with its Redis adapter: a value is computed once, kept for its time, and deleted.
require 'Symfony/Component/Cache/autoload.php';
use Symfony\Component\Cache\Adapter\RedisAdapter;
use Symfony\Contracts\Cache\ItemInterface;
function check($is, $wanted) { if ($is !== $wanted) { throw new Exception(json_encode([$is, $wanted])); } }

$cache = new RedisAdapter(RedisAdapter::createConnection('redis://127.0.0.1:' . getenv('REDIS_PORT')), 'app', 3600);
$calls = 0;
$load = function (ItemInterface $item) use (&$calls) { $item->expiresAfter(2); $calls += 1; return 'foobar'; };
check([$cache->get('my_cache_key', $load), $cache->get('my_cache_key', $load), $calls], ['foobar', 'foobar', 1]);
sleep(3);
check([$cache->get('my_cache_key', $load), $calls], ['foobar', 2]);
$item = $cache->getItem('stats.products_count');
check($item->isHit(), false);
check($cache->save($item->set(4711)), true);
check($cache->getItem('stats.products_count')->get(), 4711);
check($cache->hasItem('stats.products_count'), true);
check($cache->deleteItem('stats.products_count'), true);
check($cache->hasItem('stats.products_count'), false);
check($cache->clear(), true);
check($cache->hasItem('my_cache_key'), false);
