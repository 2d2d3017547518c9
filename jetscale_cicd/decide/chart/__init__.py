"""Chart.yaml, Chart.lock and .helmignore, as Helm reads them."""
